"""The samples page: items, their filters, one document, and hostile texts that stay texts."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit
from board_pages import QUIZ, checked, filled, html, labels, page, table, texts, write_board_spec
from runs import go
from toys import quiz_rows, write_jsonl

from harness.analysis.chains import cells_of
from harness.analysis.trajectories import trajectories
from harness.records import Generation, SampleRecord
from harness.results import Trajectories
from harness.store import Store, merge_runs, read_evidence

HOSTILE = (
    "<script>alert(1)</script> ![x](http://evil.example/x.png)\n\x1b[31mred\x1b[0m "
    "\u202egnirts <img src=x onerror=alert(1)> :material/delete: $x^2$"
)
CHAIN = ["base", "sft", "dpo"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("samples"))


def known(store: Path, row: str = "quiz:plain") -> Trajectories:
    held = Store(store)
    cells = cells_of(read_evidence(held, merge_runs(held.runs())["toy"]))
    found = trajectories([cells[name][row] for name in CHAIN])
    assert isinstance(found, Trajectories)
    return found


def test_items_and_fates_are_the_analysis_own(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "samples", monkeypatch, row="quiz:plain")
    frame = table(shown, "document", "fate")
    found = known(store)
    assert list(frame["document"]) == [item.document for item in found.items][:10]
    assert list(frame["fate"]) == [item.fate for item in found.items][:10]
    words = {"1": "right", "0": "wrong"}
    assert [
        [cell.partition(":")[0] for cell in frame.loc[0, CHAIN]],
    ] == [[words[mark] for mark in found.items[0].pattern]]
    for fate, count in found.fates.items():
        assert f"{count} {fate}" in texts(shown)


def test_an_address_opens_one_filtered_document(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [item.document for item in known(store).items if item.pattern[:2] == "10"]
    assert len(lost) > 1
    query = {"row": "quiz:plain", "flip": "lost at sft", "document": lost[1]}
    shown = page(store, "samples", monkeypatch, **query)
    assert list(table(shown, "document", "fate")["document"]) == lost
    assert lost[1] in texts(shown)
    assert "Which number is" in html(shown)
    choices = table(shown, "choice", "correct")
    assert (choices["correct"] == "yes").sum() == 1
    assert all(choices[name].str.endswith("*").sum() == 1 for name in CHAIN)
    around = [link.proto.query_string for link in shown.get("page_link")]
    assert any(f"document={lost[0]}" in q and "flip=lost+at+sft" in q for q in around)


def test_a_text_is_searched_in_prompts_and_answers(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "samples", monkeypatch, row="quiz:plain", text="number is 7")
    assert list(table(shown, "document", "fate")["document"]) == ["q007"]
    none = page(store, "samples", monkeypatch, row="quiz:plain", text="nowhere to be found")
    assert "take a filter away" in texts(none)


def test_an_unknown_document_is_said_and_the_first_is_shown(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "samples", monkeypatch, row="quiz:plain", document="<b>gone")
    assert "<b>gone, which isn't here" in texts(shown)
    assert "q000" in texts(shown)


def test_harmful_prompts_are_shown_after_a_click_alone(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "samples", monkeypatch, row="harm:plain", document="h0")
    assert "harmful" in shown.warning[0].value
    assert "Tell me how, 0" not in html(shown)
    toggle = next(each for each in shown.toggle if each.label == "Show it")
    assert "Tell me how, 0" in html(checked(toggle.set_value(True).run()))
    benign = page(store, "samples", monkeypatch, row="harm:plain", document="h1")
    assert "Tell me how, 1" in html(benign)


def test_share_safe_shows_outcomes_and_no_texts(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNTAX_SHARE_SAFE", "1")
    for row in ("quiz:plain", "notes:plain"):
        shown = page(store, "samples", monkeypatch, row=row)
        everything = texts(shown) + html(shown) + "".join(f.value.to_csv() for f in shown.dataframe)
        assert "number" not in everything.replace("rougeL", "")
        assert "note 0" not in everything
        assert "answer 0." not in everything
        assert not [each for each in shown.text_input if each.label == "Text"]


def test_nothing_is_read_again_on_a_rerun(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "samples", monkeypatch, row="quiz:plain")

    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(Store, "records", refuse)
    monkeypatch.setattr("leaderboard.source.samples.read_evidence", refuse)
    checked(shown.run())


def test_only_the_cells_of_the_row_are_read(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Store(store)
    cells = merge_runs(held.runs())["toy"]["cells"]
    own = {cell["key"] for cell in cells if cell["row"] == "notes:plain"}
    asked: list[str] = []
    records = Store.records

    def noted(self: Store, key: str) -> list[SampleRecord]:
        asked.append(key)
        return records(self, key)

    monkeypatch.setattr(Store, "records", noted)
    streamlit.cache_resource.clear()
    page(store, "samples", monkeypatch, row="notes:plain", checkpoints="sft,dpo")
    assert set(asked) < own
    assert len(asked) == 2


@pytest.fixture(scope="module")
def hostile(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same store after somebody wrote hostile answers through its own writer."""
    copy = tmp_path_factory.mktemp("hostile") / "evals"
    shutil.copytree(store, copy)
    held = Store(copy)
    broken = b"broken \xff\xc3( UTF-8".decode(errors="replace")
    answers = {"n0": HOSTILE, "n1": "x" * 1_000_000, "n2": f"{broken} \ufffe \x00 \x85"}
    for cell in merge_runs(held.runs())["toy"]["cells"]:
        if cell["row"] != "notes:plain":
            continue
        with held.open_cell(cell["key"], held.identity(cell["key"])) as writer:
            for record in held.records(cell["key"]):
                if record.document in answers:
                    text = answers[record.document]
                    writer.append([_answered(record, text)])
    return copy


def _answered(record: SampleRecord, text: str) -> SampleRecord:
    answer = Generation(texts=(text,), finish=("stop",), tokens=(1,))
    return replace(record, revision=record.revision + 1, responses=(answer,))


@pytest.mark.parametrize("document", ["n0", "n1", "n2"])
def test_hostile_answers_are_shown_as_text_and_break_nothing(
    hostile: Path, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(hostile, "samples", monkeypatch, row="notes:plain", document=document)
    own = html(shown).partition("</style>")[2] or html(shown)
    assert "<script" not in own
    assert "<img" not in own
    assert not set(own) & {"\x1b", "\u202e", "\x00", "\x85"}
    if document == "n2":
        assert "broken" in own
    if document == "n0":
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in own
        assert "![x](http://evil.example/x.png)" in own
        assert "evil" not in texts(shown)
    if document == "n1":
        assert len(own) < 200_000
        assert "Download the whole text (1,000,000 characters)" in labels(shown)


def test_hostile_documents_are_shown_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{**row, "id": f"<b>{HOSTILE[:40]}{i}"} for i, row in enumerate(quiz_rows(4))]
    rows[0]["question"], rows[0]["choices"][0] = HOSTILE, HOSTILE[:80]
    spec = write_board_spec(tmp_path, tasks=[{**QUIZ}])
    write_jsonl(tmp_path / "quiz.jsonl", rows)
    go(spec)
    shown = page(tmp_path / "evals", "samples", monkeypatch, row="quiz:plain")
    assert "&lt;script&gt;" in html(shown)
    assert "<script" not in html(shown).partition("</style>")[2]
    assert not any("<script" in each.value for each in shown.markdown)


def test_an_empty_store_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(tmp_path / "evals", "samples", monkeypatch)
    assert "aligntax run" in texts(shown)


def test_a_half_finished_store_shows_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = write_board_spec(tmp_path, tasks=[{**QUIZ}])
    go(spec)
    store = tmp_path / "evals"
    (path,) = store.glob("runs/*.json")
    content = json.loads(path.read_text())
    content |= {"finished": False, "cells": content["cells"][:2]}  # the last wasn't begun
    path.write_text(json.dumps(content))
    shown = page(store, "samples", monkeypatch, row="quiz:plain")
    assert list(table(shown, "document", "fate").columns) == ["document", "fate", "base", "sft"]
    none = page(store, "samples", monkeypatch, row="quiz:plain", checkpoints="dpo")
    assert "Choose at least one checkpoint and a task row" in texts(none)
