"""``aligntax tasks check`` names the identifiers in a file first, and shows none."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toys import quiz_rows, write_jsonl

from harness import cli
from harness.check import identifiers_in, print_identifiers

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return a function that runs ``tasks check``: (exit code, all that was printed)."""

    def run(*args: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", "tasks", "check", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, "".join(capsys.readouterr()))

    return run


def planted() -> list[dict[str, Any]]:
    rows = [dict(row) for row in quiz_rows()]
    rows[2]["question"] = "Patient: John Smith, 45, has a cough. Why?"
    rows[4]["question"] = rows[5]["question"] = "患者张伟，男，电话13912345678，咳嗽。原因？"
    return rows


def test_identifiers_come_first_by_line_and_kind_and_no_value_is_shown(
    tmp_path: Path, check: Check
) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", planted())
    code, said = check(path)
    lines = said.splitlines()
    assert code == 0
    assert lines[:2] == [
        "warning  identifiers of persons: 5 (name 3, phone 2)",
        f"         {path}:3: name in field 'question'",
    ]
    assert "`privacy: redacted`, `sensitive` or `accept`" in lines[6]
    assert "rows read as multiple_choice" in lines[7]
    assert "duplicates" in said  # which shows the question that is asked twice
    assert not any(value in said for value in ("John", "Smith", "张伟", "139"))
    code, said = check(path, "--json")
    report = json.loads(said)
    assert report["identifiers"]["kinds"] == {"name": 3, "phone": 2}
    assert len(report["identifiers"]["places"]) == 5
    assert not any(value in said for value in ("John", "Smith", "张伟", "139"))


def test_they_are_named_where_the_file_is_no_task(tmp_path: Path, check: Check) -> None:
    path = write_jsonl(tmp_path / "people.jsonl", [{"姓名": "张伟", "mrn": "0012345"}])
    code, said = check(path)
    assert code == 2
    assert "identifiers of persons: 2 (name 1, record number 1)" in said
    assert "tell no kind" in said


def test_clean_data_are_not_mentioned(tmp_path: Path, check: Check) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", quiz_rows())
    assert "identifiers" not in check(path)[1]
    assert json.loads(check(path, "--json")[1])["identifiers"] == {"places": [], "kinds": {}}


def test_many_are_counted_and_twenty_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": f"Tel 139123456{n:02}"} for n in range(50)]
    found = identifiers_in(write_jsonl(tmp_path / "rows.jsonl", rows))
    assert (found.count, len(found.places)) == (50, 20)
    print_identifiers(found)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("50 (phone 50); the first 20 are named")
    assert len(said) == 22
