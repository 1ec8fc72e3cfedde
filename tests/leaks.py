"""What files say, byte for byte and decoded: to look in them for what mustn't be there."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq


def contents(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file's content as text; of a Parquet file its cells and metadata as well."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield path, f"{path.name}\n{path.read_bytes().decode('utf-8', 'replace')}"
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            cells = [str(value) for column in table.columns for value in column.to_pylist()]
            yield path, "\n".join([*cells, str(table.schema.metadata)])


def spellings(text: str) -> set[str]:
    """Return a text as it is, as JSON escapes it, and as Python shows it."""
    return {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)}


def leaks(content: str, values: Iterable[str]) -> list[str]:
    """Return those of some values that a content holds in any spelling."""
    return [value for value in values if any(form in content for form in spellings(value))]


def grams(texts: Iterable[str], size: int = 8) -> set[str]:
    """Return all pieces of ``size`` characters of some texts."""
    return {text[i : i + size] for text in texts for i in range(len(text) - size + 1)}


def pieces_in(content: str, pieces: set[str], size: int = 8) -> set[str]:
    """Return the pieces that a content holds."""
    return {content[i : i + size] for i in range(len(content) - size + 1)} & pieces
