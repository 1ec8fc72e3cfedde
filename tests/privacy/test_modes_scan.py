"""Local data with identifiers aren't run until the spec says what may be kept of them."""

import os
from pathlib import Path

import pytest
from leaks import contents, leaks
from toys import quiz_rows, write_jsonl
from wards import Aligntax, Ward, evaluate, planted

from harness.errors import DataError
from harness.evaluate import prepare
from harness.privacy import clean_files
from harness.privacy.clean_files import findings
from harness.spec import load_spec

VALUES = [each["value"] for each in planted()]
QUIZ = {"name": "first", "kind": "multiple_choice", "capability": "domain", "data": "first.jsonl"}
TASK_FILE = """
from pathlib import Path
from harness.data import DataSet, LocalFile
from harness.kinds.multiple_choice import multiple_choice
from harness.task import Card

CARD = Card(name="own", capability="domain", language="en", licence="none", source="here")
TASK = multiple_choice(CARD, {data})
"""


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_findings_name_file_line_and_kind_and_the_remedy(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, dry: tuple[str, ...]
) -> None:
    code, out, err = aligntax("run", ward(None), *dry)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert f"{tmp_path / 'first.jsonl'}:1: name" in err
    assert " more; say `privacy: redacted`, `sensitive` or `accept` in the spec" in err
    assert leaks(err, VALUES) == []
    assert not (tmp_path / "evals-None").exists()


def test_a_bad_row_of_unmarked_data_is_never_quoted(
    ward: Ward, aligntax: Aligntax, tmp_path: Path
) -> None:
    path, data = ward(None, tasks=[QUIZ]), tmp_path / "first.jsonl"
    spoilt = f'{{"question": "x", "choices": ["a", "b"], "answer": "{planted()[0]["text"]}"}}\n'
    data.write_text(spoilt + data.read_text(encoding="utf-8"), encoding="utf-8")
    code, _, err = aligntax("run", path)
    assert code == 2
    assert "identifiers of persons" in err
    assert leaks(err, VALUES) == []


def test_one_task_that_says_nothing_is_enough_to_refuse(ward: Ward) -> None:
    ward("accept")
    second = {**QUIZ, "name": "second", "data": "second.jsonl"}
    with pytest.raises(DataError, match=r"second\.jsonl:1: "):
        prepare(load_spec(ward(None, tasks=[{**QUIZ, "privacy": "accept"}, second])))
    prepare(load_spec(ward(None, tasks=[{**QUIZ, "sensitive": True}])))


@pytest.mark.parametrize("data", ["LocalFile(Path({first!r}))", "DataSet(set='ward')"])
def test_data_that_a_task_reads_itself_are_looked_through(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, data: str
) -> None:
    ward(None)
    first = tmp_path / "first.jsonl"
    (tmp_path / "sets" / "ward").mkdir(parents=True)
    (tmp_path / "sets" / "ward" / "test.jsonl").write_bytes(first.read_bytes())
    source = TASK_FILE.format(data=data.format(first=str(first)))
    (tmp_path / "own.py").write_text(source)
    path = ward(None, tasks=[{"task": "own.py"}], data="sets")
    code, _, err = aligntax("run", path, "--allow-code")
    assert code == 2
    assert ".jsonl:1: name" in err


def test_a_task_file_is_looked_through_itself(
    ward: Ward, aligntax: Aligntax, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "first.jsonl", quiz_rows(4))
    source = TASK_FILE.format(data="LocalFile(Path('first.jsonl'))")
    (tmp_path / "own.py").write_text(f"{source}# {planted()[20]['text']}\n", encoding="utf-8")
    code, _, err = aligntax("run", ward(None, tasks=[{"task": "own.py"}]), "--allow-code")
    assert code == 2
    assert "own.py:9: phone" in err


def test_clean_files_are_remembered_by_content_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = write_jsonl(tmp_path / "clean.jsonl", quiz_rows(4))
    assert [*findings(clean)] == []
    read: list[Path] = []
    scan = clean_files.scan_file
    monkeypatch.setattr(clean_files, "scan_file", lambda p: read.append(p) or scan(p))
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(clean.read_bytes())
    assert [*findings(copy)] == []
    assert read == []
    write_jsonl(clean, [*quiz_rows(4), {"question": planted()[20]["text"]}])
    assert len([*findings(clean)]) == len([*findings(clean)]) == 1
    assert read == [clean, clean]
    cache = Path(os.environ["XDG_CACHE_HOME"])
    assert all(leaks(content, VALUES) == [] for _, content in contents(cache))


def test_data_that_come_with_aligntax_are_not_looked_through(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clean_files, "scan_file", lambda path: pytest.fail(f"{path} was read"))
    prepare(load_spec(ward(None, tasks=["medical_qa_en", "medical_qa_zh"])))


def test_accepted_data_run_as_ever_under_the_same_keys(ward: Ward, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "clean.jsonl", quiz_rows(4))
    task = {**QUIZ, "data": "clean.jsonl"}
    accepted, _ = evaluate(ward("accept", tasks=[task]))
    unsaid, _ = evaluate(ward(None, tasks=[task], store="evals-accept"))
    assert [c.key for c in accepted.plan.cells] == [c.key for c in unsaid.plan.cells]
    assert all("privacy" not in c.identity for c in accepted.plan.cells)
