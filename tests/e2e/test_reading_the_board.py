"""What a reader does with the leaderboard, in a real browser against the real server."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from chromium import PAGES, Window
from served import aligntax

from harness.analysis.comparison import comparison
from harness.analysis.exchange import exchange
from harness.analysis.families import table_of
from harness.analysis.items import FOLLOWED_BY, follow
from harness.records import Generation
from harness.render.headline import headline
from harness.render.numbers import difference_text
from harness.results import Against
from harness.store import Store, read_evidence

LOST_ON = "specialty_en:chat"
"""Where the bundled family's alignment is certain to have lost."""
PROBED = re.compile(r"/\w+/_stcore/(health|host-config) - Failed to load resource.* 404 ")
"""Streamlit looks for its server below the page's own address first, then at the root."""


def query(window: Window) -> dict[str, list[str]]:
    return parse_qs(urlsplit(window.driver.current_url).query)


def heads(window: Window) -> list[str]:
    """Return the columns of the matrix."""
    return [e.text.replace("\n", "") for e in window.all(".board thead tr:nth-child(2) b")]


def lines(window: Window) -> list[str]:
    """Return the checkpoints of the matrix."""
    return [e.text for e in window.all(".board tbody th b")]


def field(window: Window, checkpoint: str, row: str) -> str:
    """Return the text of one place of the matrix."""
    place = heads(window).index(row)
    line = window.all(".board tbody tr")[lines(window).index(checkpoint)]
    return line.find_elements("css selector", "td")[place].text


@cache
def compared(root: Path, reference: str, checkpoint: str) -> Against:
    (against,) = comparison(Store(root), [reference, checkpoint]).against
    return against


def lost_documents(store: Store, row: str) -> list[str]:
    """Return the documents of a row that were right at sft and wrong at aligned."""
    run = store.runs()[-1]
    cells = [cell for cell in run["cells"] if cell["row"] == row]
    found = follow(read_evidence(store, {**run, "cells": cells}, FOLLOWED_BY))
    return [item.document for item in found.items if item.pattern.endswith("10")]


def answer(store: Store, checkpoint: str, row: str, document: str) -> str:
    """Return what a checkpoint answered; of choices, the one that it found likeliest."""
    run = store.runs()[-1]
    cells = [c for c in run["cells"] if (c["checkpoint"], c["row"]) == (checkpoint, row)]
    (cell,) = read_evidence(store, {**run, "cells": cells}, ())
    record = next(r for r in store.records(cells[0]["key"]) if r.document == document)
    return exchange(record, cell.identity.kind, cell.primary.info).answers[0]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_in_light_and_dark_without_a_word_on_the_console(
    window: Window, page: str
) -> None:
    window.errors()
    grounds = []
    for theme in ("light", "dark"):
        window.theme(theme)
        window.open(page)
        assert not window.all('[data-testid="stException"]'), window.text()
        ground = window.one('[data-testid="stApp"]').value_of_css_property("background-color")
        grounds.append(sum(map(int, re.findall(r"\d+", ground)[:3])) / 3)
    assert grounds[0] > 200
    assert grounds[1] < 60
    assert [line for line in window.errors() if not PROBED.search(line)] == []
    window.driver.execute_script("console.error('heard')")
    assert "heard" in "".join(window.errors())


def test_three_clicks_lead_from_the_overview_to_an_answer_that_the_cheapest_lost(
    window: Window, store: Store
) -> None:
    window.open()
    against = compared(store.root, "sft", "aligned")
    assert headline(against) in window.text()
    worst = LOST_ON.partition(":")[0]
    assert f"worst: {worst}" in headline(against)
    window.follow(f"What it lost on {LOST_ON}")
    window.says("Wanted")
    lost = lost_documents(store, LOST_ON)
    assert [line[0] for line in window.table()[1:]] == lost[:10]
    assert lost[0] in window.text()
    for checkpoint in ("sft", "aligned"):
        assert answer(store, checkpoint, LOST_ON, lost[0]) in window.text()


def test_filters_choose_columns_and_stand_in_the_address(window: Window) -> None:
    window.open("leaderboard")
    assert any(not name.startswith("preference") for name in heads(window))
    window.click("summary", "Columns and filters")
    window.choose("Capabilities", "alignment")
    window.until(
        lambda: heads(window) and all(name.startswith("preference") for name in heads(window)),
        "only columns of alignment are left",
    )
    assert query(window)["capability"] == ["alignment"]


def test_a_pinned_reference_gives_the_changes_that_the_analysis_finds(
    window: Window, store: Store
) -> None:
    window.open("leaderboard", {"columns": [LOST_ON]})
    against = compared(store.root, "base", "aligned")
    shift = next(one for one in against.rows if one.row == LOST_ON)
    expected = difference_text(shift.change.difference, shift.unit, with_unit=False)
    assert expected not in field(window, "aligned", LOST_ON)
    window.choose("Pinned reference", "base")
    window.until(lambda: expected in field(window, "aligned", LOST_ON), f"{expected} is shown")
    assert query(window)["reference"] == ["base"]
    assert "▲" not in field(window, "base", LOST_ON)


def test_a_link_shows_another_session_the_same_view(window: Window) -> None:
    window.open("leaderboard", {"columns": ["medical_facts_en:chat", LOST_ON]})
    window.choose("Pinned reference", "sft")
    window.says("sft, the pinned reference")
    assert lines(window) == ["base", "sft", "aligned"]
    window.choose("Best first on", "medical_facts_en:chat")
    window.until(lambda: lines(window) == ["aligned", "sft", "base"], "the order is another")
    address, seen = window.driver.current_url, window.text()
    with window.stranger() as other:
        other.go(address)
        assert other.text() == seen
        other.open("leaderboard")
        assert other.text() != seen


def test_the_downloaded_numbers_are_those_of_the_analysis(
    window: Window, store: Store, downloads: Path
) -> None:
    window.open("leaderboard", {"family": "medical-demo"})
    columns = heads(window)
    window.click('[data-testid="stDownloadButton"] button', "CSV")
    path = downloads / "medical-demo-leaderboard.csv"
    window.until(path.exists, "the file is saved")
    frame = pd.read_csv(path).set_index(["checkpoint", "row"])
    assert len(frame) == 3 * len(columns)
    table = table_of(store, store.runs()[-1])
    for row in table.rows:
        for entry in row.entries if row.name in columns else ():
            line = frame.loc[entry.checkpoint, row.name]
            assert entry.estimate is not None
            shown = (line["value"], line["low"], line["high"])
            made = (entry.estimate.value, entry.estimate.low, entry.estimate.high)
            assert shown == pytest.approx(made, abs=1e-12)
            if entry.change is not None and entry.change.difference is not None:
                delta = entry.change.difference.estimate.value
                assert line["delta"] == pytest.approx(delta, abs=1e-12)
                assert line["wording"] == entry.change.wording


def test_a_flipped_sample_is_opened_from_the_list(window: Window, store: Store) -> None:
    window.open("samples", {"row": LOST_ON, "flip": "lost at aligned"})
    lost = lost_documents(store, LOST_ON)
    document = lost[2]
    assert document not in query(window).get("document", [])
    window.select(2)
    window.until(lambda: query(window).get("document") == [document], "it is in the address")
    window.says(document)
    before, after = (answer(store, name, LOST_ON, document) for name in ("sft", "aligned"))
    assert before != after
    text = window.text()
    assert before in text
    assert after in text
    marked = [e.text for e in window.all("ins")] + [e.text for e in window.all("del")]
    assert marked or not set(before.split()) & set(after.split())


def texts_of(store: Store, row: str) -> set[str]:
    """Return the lines of a row's documents and answers; single words may stand in names."""
    found: list[str] = []
    for cell in store.runs()[-1]["cells"]:
        for record in store.records(cell["key"]) if cell["row"] == row else ():
            for value in record.fields.values():
                found += [value] if isinstance(value, str) else []
                found += filter(str, value) if isinstance(value, list) else []
            for response in record.responses:
                found += response.texts if isinstance(response, Generation) else ()
    return {line.strip() for text in found for line in text.splitlines() if " " in line.strip()}


@pytest.mark.parametrize("row", ["medical_facts_en:plain", "note_summary_en:chat"])
def test_a_share_safe_board_shows_no_text_of_a_document(
    window: Window, guarded: tuple[Store, str], row: str
) -> None:
    store, url = guarded
    texts = texts_of(store, row)
    assert len(texts) > 50
    window.open("samples", {"row": row})
    shown = window.whole()
    assert [text for text in texts if text in shown]
    shut = Window(window.driver, url)
    shut.open("samples", {"row": row})
    assert "Share-safe" in shut.text()
    shown = shut.whole()
    assert row in shown
    assert [text for text in texts if text in shown] == []


def test_a_page_says_that_the_store_changed_and_reload_shows_it(
    window: Window, guarded: tuple[Store, str], tmp_path: Path
) -> None:
    store, url = guarded
    shut = Window(window.driver, url)
    shut.open("gates")
    before = shut.table()
    policy = tmp_path / "strict.yaml"
    policy.write_text("rules:\n  - {task: medical_qa_en, margin: 40, allow_underpowered: true}\n")
    asked = ("--baseline", "base", "--candidate", "sft", "--policy", policy)
    assert aligntax("gate", *asked, "--store", store.root).returncode == 0
    shut.says("The store has changed since this page was made.")
    assert shut.table() == before
    shut.click("button", "Reload")
    listed = ["✓ PASS", "sft", "base"]
    shut.until(lambda: shut.table()[1][1:4] == listed, "the new verdict is listed first")
    assert shut.table()[2:] == before[1:]
    assert "The store has changed" not in shut.text()
