"""The leaderboard page: its numbers are the analysis's, its address is its state."""

from pathlib import Path

import pytest
from board_pages import HARMFUL, NOTES, QUIZ, filled, html, labels, page, texts
from lxml.html import fromstring
from streamlit.testing.v1 import AppTest

from harness.analysis.comparison import comparison
from harness.analysis.families import table_of
from harness.render import difference_text, estimate_text
from harness.store import Store, merge_runs
from leaderboard.source.standings import tiers_on

NAMES = ("base", "sft", "dpo")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tasks = [{**QUIZ, "variants": ["cf", "mcf"]}, {**NOTES}, {**HARMFUL}]
    return filled(tmp_path_factory.mktemp("leaderboard"), tasks=tasks)


def field(shown: AppTest, checkpoint: str, row: str) -> str:
    """Return the text of one field."""
    bodies = [each.proto.body for each in shown.get("html")]
    board = fromstring(next(body for body in bodies if body.startswith("<div")))
    heads = ["".join(b.itertext()) for b in board.findall(".//thead//th/b")]
    for line in board.findall(".//tbody/tr"):
        if "".join(line.find("th").find(".//b").itertext()) == checkpoint:
            return "".join(line.findall("td")[heads.index(row)].itertext())
    raise AssertionError(checkpoint)


def test_estimates_and_changes_are_the_analysis_own(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "leaderboard", monkeypatch)
    held = Store(store)
    for row in table_of(held, merge_runs(held.runs())["toy"]).rows:
        for entry in row.entries:
            said = field(shown, entry.checkpoint, row.name)
            assert said.startswith(estimate_text(entry.estimate, row.info.unit, with_unit=False))
            if entry.change is not None and entry.change.difference is not None:
                delta = difference_text(entry.change.difference, row.info.unit, with_unit=False)
                assert delta in said


def test_a_pinned_reference_replaces_the_parent(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "leaderboard", monkeypatch, reference="base")
    (against,) = comparison(Store(store), ["base", "dpo"]).against
    for shift in against.rows:
        delta = difference_text(shift.change.difference, shift.unit, with_unit=False)
        assert delta in field(shown, "dpo", shift.row)
    assert "against base, the pinned reference" in texts(shown)


def test_tiers_are_told_by_paired_differences(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "leaderboard", monkeypatch)
    found = tiers_on("quiz:plain", [("toy", name) for name in NAMES])
    values = {name: field(shown, name, "quiz:plain") for name in NAMES}
    best = max(NAMES, key=lambda name: float(values[name].split(" ")[0]))
    assert found["toy", best] == 1
    for name in NAMES:
        tier = found["toy", name]
        assert tier is not None
        behind = comparison(Store(store), [best, name]) if name != best else None
        if behind is not None:
            shift = next(s for s in behind.against[0].rows if s.row == "quiz:plain")
            assert shift.change.difference is not None
            high = shift.change.difference.estimate.high
            assert high is not None
            assert (tier == 1) == (high >= 0)
        assert f"]{tier}" in values[name]


def test_an_address_reproduces_filters_columns_and_order(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"stage": ["sft", "aligned"], "columns": ["quiz:plain"], "sort": "quiz:plain"}
    shown = page(store, "leaderboard", monkeypatch, **query, group="stage")
    board = html(shown)
    assert "<b>quiz:<wbr>plain</b>" in board
    assert "notes:" not in board
    assert ">base<" not in board
    assert board.index(">sft<") < board.index(">aligned<")


def test_filters_that_fit_nothing_are_explained(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "take a filter away" in texts(page(store, "leaderboard", monkeypatch, name="nobody"))


def test_only_wanted_changes_are_shown(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "leaderboard", monkeypatch, comparability="INCOMPARABLE")
    assert "▲" not in field(shown, "dpo", "quiz:plain")
    assert "[" in field(shown, "dpo", "quiz:plain")


def test_all_lines_of_the_selection_can_be_taken_along(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"CSV", "Parquet", "Markdown"} <= set(labels(page(store, "leaderboard", monkeypatch)))


def test_a_rerun_compares_nothing_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = page(store, "leaderboard", monkeypatch, reference="base")

    def refused(*_: object) -> None:
        raise AssertionError("compared again")

    monkeypatch.setattr("harness.analysis.pinned.Pinned.columns", refused)
    shown.selectbox(key="group").set_value("stage").run()
    assert not shown.exception
    assert "against base, the pinned reference" in texts(shown)
