"""Rows are read alike from every format, and a bad one is named by file and place."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from harness.data import LocalFile, files, read_rows, stream_rows, tables
from harness.errors import DataError

ROWS: list[dict[str, Any]] = [
    {"question": 'Which "one"?', "choices": ["a,b", "c"], "answer": "A"},
    {"question": "哪一个？\nSecond line", "choices": ["甲", "乙"], "answer": "B"},
]


def csv_text(rows: list[dict[str, Any]], mark: str) -> str:
    def cell(value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return '"' + text.replace('"', '""') + '"'

    lines = [mark.join(rows[0])]
    lines += [mark.join(cell(value) for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def write(folder: Path, ending: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"rows.{ending}"
    if ending == "parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif ending in ("csv", "tsv"):
        path.write_text(csv_text(rows, {"csv": ",", "tsv": "\t"}[ending]), encoding="utf-8")
    elif ending == "json":
        path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def fields(path: Path, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    return [dict(row.fields) for row in read_rows(path, names)]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson", "json", "csv", "tsv", "parquet"])
def test_the_same_rows_are_read_from_every_format(tmp_path: Path, ending: str) -> None:
    assert fields(write(tmp_path, ending, ROWS)) == ROWS


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, ending, ROWS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert fields(path) == ROWS


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_a_field_map_renames_and_a_name_that_no_row_has_is_an_error(
    tmp_path: Path, ending: str
) -> None:
    path = write(tmp_path, ending, ROWS)
    assert fields(path, {"stem": "question"})[1]["stem"] == ROWS[1]["question"]
    with pytest.raises(DataError) as caught:
        read_rows(path, {"question": "stem"})
    assert str(caught.value) == (
        f"{path}: fields: no row has 'stem' (for 'question'); "
        "the file has: 'question', 'choices', 'answer'"
    )


@pytest.mark.parametrize(
    ("name", "content", "place", "what"),
    [
        ("x.jsonl", '{"a": 1}\n{"a": }\n', ":2: ", "not JSON"),
        ("x.jsonl", '{"a": NaN}\n', ":1: ", "NaN isn't a JSON number"),
        ("x.jsonl", '{"a": 1e999}\n', ":1: ", "1e999 isn't a JSON number"),
        ("x.jsonl", "\n\n7\n", ":3: ", "a row must be a JSON object"),
        ("x.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', ":2: ", "byte 8 of the line isn't UTF-8"),
        ("x.jsonl", '{"a": "\\uD83d"}\n', ":1: ", "field 'a' holds half a surrogate pair"),
        ("x.json", '[{"a": ["\\udc00"]}]', ": ", "it holds half a surrogate pair"),
        ("x.jsonl", "[" * 100_000 + "\n", ":1: ", "not JSON"),
        ("x.jsonl", '{"a": ' + "9" * 5000 + "}\n", ":1: ", "not JSON"),
        ("x.json", '[{"a": 1}, 7]', ": row 2: ", "a row must be a JSON object"),
        ("x.json", '[{"a": 1},\n{]', ": ", "not JSON"),
        ("x.json", '{"a": 1}\n{"a"}\n', ":2: ", "not JSON"),
        ("x.csv", "a,b\n1,2\n1,2,3\n", ":3: ", "3 cells under a head of 2 (a, b)"),
        ("x.csv", 'a,b\n"1\n2",2\n1\n', ":4: ", "1 cells under a head of 2"),
        ("x.csv", 'a,b\n1,2\n"1"x,2\n', ":3: ", "not a table"),
        ("x.csv", "a,a\n1,2\n", ":1: ", "the head must name all columns, each differently"),
        ("x.csv", "a,\n1,2\n", ":1: ", "the head must name all columns"),
        ("x.csv", b"a,b\n1,\xff\n", ":2: ", "isn't UTF-8"),
        ("x.csv", "a\n" + "x" * 200_000 + "\n", ":2: ", "field larger than field limit"),
        ("x.tsv", "a\tb\n1\n", ":2: ", "1 cells under a head of 2"),
        ("x.parquet", "no parquet", ": ", "not readable as Parquet"),
        ("x.jsonl", "", ": ", "the file has no rows"),
        ("x.json", "[]", ": ", "the file has no rows"),
        ("x.csv", "a,b\n", ": ", "the file has no rows"),
        ("x.xlsx", "", ": ", "no format is known by '.xlsx'; known: .jsonl"),
    ],
)
def test_a_bad_file_is_one_line_with_its_place(
    tmp_path: Path, name: str, content: str | bytes, place: str, what: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_rows(path)
    assert str(caught.value).startswith(f"{path}{place}")
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_isnt_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read: No such file"):
        read_rows(tmp_path / "x.parquet")


def test_rows_know_the_line_on_which_they_begin(tmp_path: Path) -> None:
    rows = read_rows(write(tmp_path, "csv", [ROWS[1], *ROWS]))
    assert [row.line for row in rows] == [2, 4, 5]
    assert rows[1].place.endswith("rows.csv:4")
    [_, second] = read_rows(write(tmp_path, "parquet", ROWS))
    assert second.place.endswith("rows.parquet: row 2")


def test_a_bare_list_of_messages_is_a_row(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(turns) + "\n")
    assert fields(path) == [{"messages": turns}]


def test_an_escaped_emoji_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": "\\ud83d\\ude00"}\n')
    assert fields(path) == [{"a": "😀"}]


def test_a_cell_that_only_looks_like_json_is_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("answer,choices\n[1] see,[x\n")
    assert fields(path) == [{"answer": "[1] see", "choices": "[x"}]


def test_empty_cells_are_fields_that_a_row_hasnt_got(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,context\n1,\n2,c\n,\n")
    assert fields(path) == [{"a": "1"}, {"a": "2", "context": "c"}]


def test_what_json_has_no_type_for_is_none_or_text(tmp_path: Path) -> None:
    rows = [{"a": math.nan, "b": [1.5, math.inf], "c": True}]
    assert fields(write(tmp_path, "parquet", rows)) == [{"a": None, "b": [1.5, None], "c": True}]


@pytest.mark.parametrize(("ending", "limit"), [("jsonl", "LARGEST"), ("json", "LARGEST_LIST")])
def test_a_file_over_the_stated_size_is_refused(
    tmp_path: Path, ending: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, ending, ROWS)
    monkeypatch.setattr(files, limit, 100)
    with pytest.raises(DataError, match=r"it has .* MiB, and at most .* MiB are read; "):
        read_rows(path)


def test_a_parquet_file_that_is_large_only_when_unpacked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "parquet", [{"a": f"{n}" + "x" * 100} for n in range(1000)])
    limit = path.stat().st_size + 1000
    monkeypatch.setattr(files, "LARGEST", limit)
    monkeypatch.setattr(tables, "LARGEST", limit)
    with pytest.raises(DataError, match="take a part of it"):
        read_rows(path)


def test_a_file_is_streamed_up_to_its_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\nbad\n')
    rows = stream_rows(path)
    assert next(rows).fields == {"a": 1}
    with pytest.raises(DataError, match=r"x\.jsonl:2"):
        next(rows)


def test_a_local_file_reads_every_format(tmp_path: Path) -> None:
    data = LocalFile(write(tmp_path, "parquet", ROWS), {"stem": "question"})
    assert data.rows(None)[0].fields["stem"] == ROWS[0]["question"]
