"""A card, rows in a file, and a chat template that shows its turns."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.data import LocalFile
from harness.task import Card

Rows = Sequence[Mapping[str, Any]]


class BracketTemplate:
    """Writes each turn as ``[role] content`` and a generation prompt at the end."""

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        return "".join(f"[{m['role']}]{m['content']}\n" for m in messages) + "[assistant]"


@pytest.fixture
def template() -> BracketTemplate:
    return BracketTemplate()


@pytest.fixture
def card() -> Callable[..., Card]:
    def build(language: str = "en") -> Card:
        return Card(
            name="quiz", capability="domain", language=language, licence="CC0", source="this test"
        )

    return build


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., LocalFile]:
    def write(rows: Rows, **fields: str) -> LocalFile:
        path = tmp_path / "rows.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return LocalFile(path, fields)

    return write
