"""Data files are scanned: file, line, field and kind, never the value."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet
from toys import write_jsonl

from harness.errors import DataError
from harness.privacy.scan import DataFinding, first_findings, scan_file

ROWS = [
    {"id": "1", "text": "Give 5 mg daily.", "phone": "n/a"},
    {"id": "2", "text": "Patient: John Smith, 45", "phone": "13912345678"},
    {"id": "3", "text": "See you.", "phone": "13812345678"},
]
FOUND = [(2, "name", "text"), (2, "phone", "phone"), (3, "phone", "phone")]


def write_table(path: Path, separator: str) -> Path:
    lines = [ROWS[0].keys(), *(row.values() for row in ROWS)]
    path.write_text(
        "\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines) + "\n"
    )
    return path


def write_list(path: Path) -> Path:
    path.write_text(json.dumps(ROWS))
    return path


def write_parquet(path: Path) -> Path:
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    return path


WRITERS: dict[str, tuple[Callable[[Path], Path], int]] = {
    "rows.jsonl": (lambda path: write_jsonl(path, ROWS), 0),
    "lines.json": (lambda path: write_jsonl(path, ROWS), 0),
    "rows.json": (write_list, 0),
    "rows.csv": (lambda path: write_table(path, ","), 1),
    "ROWS.TSV": (lambda path: write_table(path, "\t"), 1),
    "rows.parquet": (write_parquet, 0),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_scanned_by_row_and_field(tmp_path: Path, name: str) -> None:
    write, heads = WRITERS[name]
    found = list(scan_file(write(tmp_path / name)))
    assert [(each.line - heads, each.kind, each.field) for each in found] == FOUND
    assert {each.file for each in found} == {tmp_path / name}
    counted = "row" if name in {"rows.json", "rows.parquet"} else "line"
    assert {each.counted for each in found} == {counted}


def test_other_files_are_scanned_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Nothing.\r\n姓名：张伟，电话：13912345678\nMRN 0012345\n", encoding="utf-8")
    assert [(each.line, each.kind, each.field) for each in scan_file(path)] == [
        *((2, "name", None), (2, "phone", None), (3, "record_number", None)),
    ]


def test_nested_values_and_numbers_belong_to_their_outermost_field(tmp_path: Path) -> None:
    row = {"case": {"notes": ["ok", {"tel": 13912345678}], "patient": {"mrn": "0012345"}}}
    found = scan_file(write_jsonl(tmp_path / "rows.jsonl", [row]))
    assert [(each.kind, each.field) for each in found] == [
        *(("phone", "case"), ("record_number", "case")),
    ]


def test_a_head_that_is_a_row_counts_once_and_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("患者：张伟,13912345678\na,b\nc,d\n", encoding="utf-8")
    found = list(scan_file(path))
    assert [(each.line, each.kind) for each in found] == [(2, "name"), (2, "phone")]
    assert [each.field for each in found] == ["患者：[NAME]", "[PHONE]"]


def test_a_finding_reads_as_place_and_kind_and_never_shows_the_value(tmp_path: Path) -> None:
    found = list(scan_file(write_jsonl(tmp_path / "rows.jsonl", ROWS)))
    assert [str(each) for each in found] == [
        f"{tmp_path}/rows.jsonl:2: name in field 'text'",
        f"{tmp_path}/rows.jsonl:2: phone in field 'phone'",
        f"{tmp_path}/rows.jsonl:3: phone in field 'phone'",
    ]
    assert not any(value in repr(found) for value in ("Smith", "139", "138"))
    row = DataFinding(Path("a.parquet"), 7, "birth_date", None, "row")
    assert str(row) == "a.parquet: row 7: birth date"


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    first = write_jsonl(tmp_path / "a.jsonl", [*ROWS, *ROWS])
    missing = tmp_path / "missing.jsonl"

    def files() -> Iterator[Path]:
        yield first
        yield missing

    assert len(first_findings(files(), 4)) == 4
    with pytest.raises(DataError, match=r"missing\.jsonl: can't be read"):
        first_findings(files(), 7)
    assert first_findings([first], 100) == list(scan_file(first))


def test_a_file_that_cannot_be_read_is_an_error_that_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"fine\n\xff\xfe\n")
    with pytest.raises(DataError, match=r"notes\.txt:2: .* isn't UTF-8"):
        list(scan_file(path))
    with pytest.raises(DataError, match="can't be read"):
        list(scan_file(tmp_path / "nothing.md"))
    with pytest.raises(DataError, match="can't be read"):
        list(scan_file(tmp_path))


def test_a_row_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1\n{"phone": "13912345678"}\n')
    assert [(each.line, each.kind) for each in scan_file(path)] == [(2, "phone")]


def test_the_bundled_data_have_no_identifier(pytestconfig: pytest.Config) -> None:
    files = sorted((pytestconfig.rootpath / "tasks" / "data").glob("*.jsonl"))
    assert len(files) > 30
    assert first_findings(files, 1) == []


@pytest.mark.parametrize("name", ["medqa_usmle", "cmexam", "zh_medical_dialogue", "pubmedqa_l"])
def test_published_medical_text_has_none(shared: Path, name: str, tmp_path: Path) -> None:
    with (shared / "data" / name / "test.jsonl").open(encoding="utf-8") as lines:
        head = [line for _, line in zip(range(150), lines, strict=False)]
    (tmp_path / "rows.jsonl").write_text("".join(head), encoding="utf-8")
    assert first_findings([tmp_path / "rows.jsonl"], 1) == []
