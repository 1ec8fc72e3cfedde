"""A data file is checked before it is a task: bad rows, duplicates, key, lengths, overlap."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import chisquare
from toys import quiz_rows, write_jsonl

from harness.check import Asked, Finding, Report, check_file, pairs_of
from harness.errors import DataError, SpecError, TaskError
from harness.registry import KINDS

Rows = Sequence[Mapping[str, Any]]


def checked(folder: Path, rows: Rows, **asked: Any) -> Report:
    return check_file(write_jsonl(folder / "rows.jsonl", rows), Asked(**asked))


def finding(report: Report, check: str) -> Finding:
    return next(found for found in report.findings if found.check == check)


def texts(*values: str) -> list[dict[str, str]]:
    return [{"text": value} for value in values]


def test_clean_data_has_no_warning(tmp_path: Path) -> None:
    report = checked(tmp_path, quiz_rows())
    assert (report.kind, report.guessed, report.rows, report.documents) == (
        *("multiple_choice", True),
        *(40, 40),
    )
    assert report.bad == ()
    assert not any(found.warning for found in report.findings)


def test_all_bad_rows_are_named_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [dict(row) for row in quiz_rows()]
    rows[3]["answer"] = "Q"
    rows[5].pop("question")
    rows[9]["id"] = rows[8]["id"]
    rows[11]["choices"] = {"A": "x", "C": "y"}
    path = write_jsonl(tmp_path / "rows.jsonl", rows)
    lines = path.read_text().splitlines()
    lines[20] = "{oops"
    path.write_text("\n".join(lines) + "\n")
    report = check_file(path, Asked())
    assert [line.split(": ")[0] for line in report.bad] == [
        f"{path}:{number}" for number in (4, 6, 10, 12, 21)
    ]
    assert (report.rows, report.documents, report.bad_left_out) == (40, 35, False)


def test_no_more_than_twenty_bad_rows_are_named(tmp_path: Path) -> None:
    rows: Rows = [*texts("good"), *({"text": 3} for _ in range(30))]
    report = checked(tmp_path, rows)
    assert len(report.bad) == 20
    assert report.bad_left_out
    assert report.findings == ()


def test_a_file_without_a_readable_row_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("oops\n")
    with pytest.raises(DataError, match=r"x\.jsonl:1: not JSON"):
        check_file(tmp_path / "x.jsonl", Asked())
    (tmp_path / "x.jsonl").write_text("\n")
    with pytest.raises(DataError, match="has no rows"):
        check_file(tmp_path / "x.jsonl", Asked())
    with pytest.raises(TaskError, match="tell no kind; name one by --kind"):
        checked(tmp_path, [{"a": 1}])
    with pytest.raises(TaskError, match="no kind is named 'quizz'"):
        checked(tmp_path, texts("a"), kind="quizz")


KNOWN: dict[str, dict[str, Any]] = {
    "classification": {"text": "t", "label": "a"},
    "cloze": {"context": "The sky is", "target": "blue"},
    "extraction": {"text": "ab", "entities": [{"start": 0, "end": 1, "type": "x", "text": "a"}]},
    "generation": {"messages": [{"role": "user", "content": "q"}]},
    "honesty": {"question": "q", "answers": ["a"]},
    "instructions": {"prompt": "p", "instruction_id_list": [], "kwargs": []},
    "multiple_choice": {"question": "q", "A": "x", "B": "y", "answer": "A"},
    "perplexity": {"text": "t"},
    "preference": {"prompt": "p", "chosen": "a", "rejected": "b"},
    "refusal": {"prompt": "p", "label": "safe"},
}


@pytest.mark.parametrize("kind", KNOWN)
def test_the_kind_is_known_by_the_fields(kind: str) -> None:
    from harness.check.kinds import kind_of
    from harness.data import Row

    assert kind_of([Row(KNOWN[kind], "x", 1)], {}) == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([{"text": "t", "label": "a"}, {"text": "u", "label": "b"}], "classification"),
        ([{"text": "ab", "record": {"drug": "a"}}], "extraction"),
        ([{"tokens": ["a", "b"], "tags": ["B-x", "O"]}], "extraction"),
        ([{"source": "s", "references": ["a", "b"]}], "generation"),
        ([{"messages": [{"role": "user", "content": "q"}]}], "perplexity"),
    ],
)
def test_the_options_that_a_kind_needs_are_told_from_the_rows(
    tmp_path: Path, rows: Rows, kind: str
) -> None:
    if kind == "perplexity":
        rows = [{"instruction": "q", "input": "", "output": "a"}]
    assert checked(tmp_path, rows, kind=kind).bad == ()


def test_fields_and_options_are_those_of_an_inline_task(tmp_path: Path) -> None:
    rows = [{"stem": "q", "choices": ["x", "y", "z"], "key": "AB"}]
    asked = {"fields": pairs_of("--field", ["question=stem", "answer=key"])}
    assert "names 2 choices" in checked(tmp_path, rows, kind="multiple_choice", **asked).bad[0]
    options = pairs_of("--option", ["several=true"])
    report = checked(tmp_path, rows, kind="multiple_choice", options=options, **asked)
    assert report.bad == ()
    assert pairs_of("--option", ["labels=[a, b]"]) == {"labels": ["a", "b"]}
    for wrong in ("several", "=x", "a=[", "a=!x 3"):
        with pytest.raises(SpecError, match="--option"):
            pairs_of("--option", [wrong])


def test_questions_are_the_same_but_for_case_punctuation_and_blanks(tmp_path: Path) -> None:
    report = checked(tmp_path, texts("A cough?", " a  COUGH", "患者咳嗽。", "患者 咳嗽", "a cold"))
    found = finding(report, "duplicates")
    assert (found.warning, found.count) == (True, 4)
    assert found.examples == ("lines 1, 2: A cough?", "lines 3, 4: 患者咳嗽。")


def test_the_same_question_with_other_choices_is_another(tmp_path: Path) -> None:
    def row(*choices: str, answer: int = 0) -> dict[str, Any]:
        return {"question": "Which is true?", "choices": [*choices], "answer": answer}

    same = [row("a", "b"), row("B", "A", answer=1)]
    report = checked(tmp_path, [*same, row("a", "c")])
    first, second = (f for f in report.findings if f.check == "duplicates")
    assert (first.count, second.count) == (2, 2)  # "a" against "A": not the same text
    report = checked(tmp_path, [row("a", "b"), row("b", "a", answer=1)])
    first, second = (f for f in report.findings if f.check == "duplicates")
    assert (first.count, second.warning) == (2, False)


def test_an_unbalanced_key_is_flagged_by_a_chi_square_test(tmp_path: Path) -> None:
    def rows(key: str) -> Rows:
        return [
            {"question": f"Q {n}", "choices": ["a", "b", "c"], "answer": letter}
            for n, letter in enumerate(key)
        ]

    found = finding(checked(tmp_path, rows("A" * 20 + "B" * 12 + "C" * 13)), "answer key")
    assert found.numbers["p"] == pytest.approx(chisquare([20, 12, 13]).pvalue)
    assert not found.warning
    found = finding(checked(tmp_path, rows("A" * 45 + "B" * 5 + "C" * 5)), "answer key")
    assert found.warning
    assert "A 82%, B 9%, C 9%; that isn't chance" in found.what
    few = finding(checked(tmp_path, rows("AAAAAAAAAAAA")), "answer key")
    assert (few.numbers["p"], few.warning) == (None, False)


def test_letters_that_few_questions_have_are_expected_less_often(tmp_path: Path) -> None:
    two = [{"question": f"T{n}", "choices": ["a", "b"], "answer": n % 2} for n in range(40)]
    four = [{"question": f"F{n}", "choices": [*"abcd"], "answer": n % 4} for n in range(40)]
    found = finding(checked(tmp_path, [*two, *four]), "answer key")
    assert found.numbers["shares"] == {"A": 0.375, "B": 0.375, "C": 0.125, "D": 0.125}
    assert found.numbers["p"] == pytest.approx(1.0)


def test_labels_have_shares_too(tmp_path: Path) -> None:
    rows = [{"text": f"t{n}", "label": "yes" if n else "no"} for n in range(40)]
    found = finding(checked(tmp_path, rows), "answer key")
    assert found.warning
    assert found.what.startswith("shares per label: no 2%, yes 98%")


def test_prompts_longer_than_a_run_reads_are_named(tmp_path: Path) -> None:
    rows = [{"source": "word " * 100, "target": "x"}, {"source": "咳" * 100, "target": "x"}]
    report = checked(tmp_path, rows, max_length=110)
    found = finding(report, "prompt length")
    assert (found.warning, found.count) == (True, 1)
    assert found.examples[0].startswith("line 1: about 12")
    counted = finding(checked(tmp_path, rows, max_length=110, count=len), "prompt length")
    assert (counted.count, counted.numbers["estimated"]) == (1, False)
    assert counted.examples[0].startswith("line 1: 5")


def test_a_text_for_perplexity_is_never_too_long(tmp_path: Path) -> None:
    assert not finding(checked(tmp_path, texts("word " * 9000)), "prompt length").warning


def test_a_prompt_without_a_letter_is_named(tmp_path: Path) -> None:
    found = finding(checked(tmp_path, texts("???", "a", "。")), "empty prompts")
    assert found.examples == ("line 1: ???", "line 3: 。")


ENGLISH = "one two three four five six seven eight nine ten eleven twelve thirteen"
CHINESE = "患者咳嗽两天伴发热无胸痛史"  # 13 characters


def overlaps(folder: Path, rows: Rows, train: Rows) -> tuple[Finding, Finding]:
    path = write_jsonl(folder / "train.jsonl", train)
    report = checked(folder, rows, train=path)
    return finding(report, "exact overlap"), finding(report, "13-gram overlap")


def test_a_question_of_the_tuning_data_is_found_whatever_the_shape(tmp_path: Path) -> None:
    trains: list[dict[str, Any]] = [
        {"instruction": "What is  a COUGH", "output": "x"},
        {"instruction": "What is", "input": "a cough?", "output": "x"},
        {"conversations": [{"from": "human", "value": "what is a cough"}]},
    ]
    rows = texts("Not this one.", "What is a cough?")
    for train in trains:
        exact, _ = overlaps(tmp_path, rows, [{"text": "x"}, train])
        assert exact.what == "1 of 2 questions stand in the 2 rows of train.jsonl"
        assert exact.examples == ("line 2, tuning line 2: What is a cough?",)
    exact, _ = overlaps(tmp_path, texts("Why?"), [{"text": "Why?"}])
    assert exact.count == 0


def test_thirteen_tokens_in_a_row_are_an_overlap_and_twelve_arent(tmp_path: Path) -> None:
    for text in (ENGLISH, CHINESE):
        rows = texts(f"zero {text}! fourteen", "nothing")
        _, grams = overlaps(tmp_path, rows, texts(f"before, {text.upper()}; after"))
        assert grams.count == 1
        assert grams.examples[0].startswith("line 1, tuning line 1: ")
        shorter = text.rpartition(" ")[0] or text[:-1]
        _, grams = overlaps(tmp_path, rows, texts(f"before {shorter} after"))
        assert (grams.count, grams.warning) == (0, False)


def test_a_report_is_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from harness.check import print_report

    print_report(checked(tmp_path, quiz_rows()), as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["documents"] == 40
    assert found["findings"][2]["numbers"]["shares"]["A"] == 0.25
