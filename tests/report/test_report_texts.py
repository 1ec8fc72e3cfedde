"""Texts that others wrote are words in every file, and are in none where they may not be."""

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from leaks import contents, leaks
from report_stores import HOSTILE, PLANTED, edited
from wards import Aligntax, Ward, evaluate, planted

from harness.report.gather import report_of
from harness.report.markdown_page import inert
from harness.store import Store

Family = Callable[..., Path]


def files(folder: Path) -> dict[str, str]:
    return {path.suffix: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def written(aligntax: Aligntax, store: Path, *more: str) -> dict[str, str]:
    out = store.parent / "out"
    code, _, err = aligntax("report", "--store", store, "--out", out, *more)
    assert (code, err) == (0, "")
    return files(out)


def check_inert(found: dict[str, str]) -> None:
    for suffix, content in found.items():
        kinds = {unicodedata.category(c) for c in content if c != "\n"}
        assert kinds.isdisjoint({"Cc", "Cf", "Zl", "Zp"}), suffix
    page = found[".html"]
    markdown, blocks = re.subn(r"(?ms)^(`{3,})sh$.*?^\1$", "", found[".md"])
    assert blocks == 1  # the commands, which show names as they are
    assert not re.search(r"<script|<img|<!--|onerror=alert\(2\)>", page)
    assert not re.search(r"<script|<img|<!--|</?pre|</details|!\[|\]\(|`code`|\*\*bold", markdown)
    assert not re.search(r"://evil|www\.evil|@somebody", markdown)
    assert not re.search(r"^(?:> )?(?:- a list|1\. another|# a heading|---$)", markdown, re.M)


def test_hostile_texts_are_shown_and_are_inert(aligntax: Aligntax, family: Family) -> None:
    found = written(aligntax, family(HOSTILE))
    check_inert(found)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found[".html"]
    assert "&#60;script&#62;alert(1)" in found[".md"]
    assert "␛[31mred" in found[".html"]
    told = json.loads(found[".json"])["chains"][0]["examples"]
    assert any("<script>alert(1)</script>" in example["asked"] for example in told)


def test_hostile_names_are_inert_too(aligntax: Aligntax, family: Family) -> None:
    named = HOSTILE.replace("\n", " ")

    def rename(run: dict[str, Any]) -> None:
        for checkpoint in run["checkpoints"]:
            for key in ("name", "parent"):
                if checkpoint[key] is not None:
                    checkpoint[key] += named
            checkpoint["attributes"] = {named: named}
        for cell in run["cells"]:
            cell["checkpoint"] += named
            cell["row"] += named
        run["family"] = f"toy/../{named}"

    check_inert(written(aligntax, edited(family(), rename)))


@pytest.mark.parametrize(
    "line", ["- x", "+ x", "1. x", "12) x", "=====", "---", "  - x", "# x", "> x", "* x", "\tx"]
)
def test_a_line_of_a_quote_starts_nothing(line: str) -> None:
    shown = inert(line)
    assert not re.match(r"\s|[-+*#>=]|\d+[.)]", shown)


def test_an_example_shows_the_question_the_target_and_every_stages_answer(
    aligntax: Aligntax, family: Family
) -> None:
    store = family()
    found = written(aligntax, store)
    report = report_of(Store(store), "toy")
    examples = [example for chain in report.chains for example in chain.examples]
    assert {example.turn for example in examples} == {"lost", "gained"}
    assert {len(example.answers) for example in examples} == {3}
    for example in examples:
        if example.answers[0].right is not None:
            assert [a.right for a in example.answers][1:] == [
                example.turn == "lost",
                example.turn != "lost",
            ]
        assert 0 < example.of <= example.n
        assert example.document in found[".md"]
        assert example.wanted.split("\n")[0] in found[".html"]
    everything = "".join(found.values())
    assert leaks(everything, PLANTED[:2]) == [*PLANTED[:2]]


def test_long_texts_are_cut_in_the_middle(aligntax: Aligntax, family: Family) -> None:
    found = written(aligntax, family("A long sentence. " * 600))
    told = json.loads(found[".json"])["chains"][0]["examples"]
    assert max(len(example["asked"]) for example in told) < 1_700
    assert max(len(a["text"]) for example in told for a in example["answers"]) < 900
    assert "characters left out" in found[".html"]
    assert "Which number is" in found[".html"]  # the end, where the question stands


def test_share_safe_leaves_no_text_in_any_file(aligntax: Aligntax, family: Family) -> None:
    store = family()
    told = "".join(written(aligntax, store).values())
    assert leaks(told, PLANTED)  # so that looking for them proves something
    found = written(aligntax, store, "--share-safe")
    for content in found.values():
        assert leaks(content, PLANTED) == []
        assert "q001" not in content
    assert "can be shared" in found[".html"]
    assert json.loads(found[".json"])["chains"][0]["examples"] == []


@pytest.mark.parametrize("mode", ["redacted", "sensitive"])
def test_no_text_of_a_private_cell_is_written(
    aligntax: Aligntax, ward: Ward, tmp_path: Path, mode: str
) -> None:
    evaluate(ward(mode))
    code, _, _ = aligntax("report", "--store", tmp_path / f"evals-{mode}", "--out", tmp_path / "o")
    assert code == 0
    values = [each["value"] for each in planted()]
    pages = [content for _, content in contents(tmp_path / "o")]
    assert len(pages) == 3
    for content in pages:
        assert leaks(content, values) == []
        assert leaks(content, [each["text"] for each in planted()]) == []
    assert "private" in "".join(pages)


def test_texts_of_harmful_prompts_stay_out(aligntax: Aligntax, family: Family) -> None:
    refusing = {
        "name": "refusing",
        "kind": "refusal",
        "capability": "behaviour",
        "data": "asked.jsonl",
    }
    store = family()
    rows = [
        {"prompt": f"PLANTEDHARM {i}", "label": "harmful" if i % 2 else "benign"} for i in range(20)
    ]
    path = store.parent / "harm.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    answers = {f"PLANTEDHARM {i}": "I can't help with that." for i in range(0, 20, 3)}
    backend = {"name": "fake", "options": {"answers": answers}}
    family(tasks=[{**refusing, "data": "harm.jsonl"}], backend=backend)
    found = written(aligntax, store)
    for content in found.values():
        for number in range(1, 20, 2):
            assert f"PLANTEDHARM {number}\n" not in content
