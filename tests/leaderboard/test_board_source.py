"""The pages' snapshot: the analysis's numbers, the same until it is reloaded."""

import json
from pathlib import Path

import pandas as pd
import pytest
from board_pages import filled, write_board_spec
from runs import go

from harness.analysis import board_index
from harness.results.board import CHECKPOINT_EXTRAS, ENTRY_EXTRAS, CheckpointRow, EntryRow
from harness.store import Store
from leaderboard import source
from leaderboard.source import board as boards
from leaderboard.source.board import board, newer, pinned, reload


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALIGNTAX_STORE", str(tmp_path / "evals"))
    return filled(tmp_path)


def test_frames_have_the_columns_of_the_results(store: Path) -> None:
    found = board()
    assert list(found.checkpoints.columns) == [*CheckpointRow.__slots__, *CHECKPOINT_EXTRAS]
    assert list(found.entries.columns) == [*EntryRow.__slots__, *ENTRY_EXTRAS]
    assert found.families == ("toy",)
    assert found.damage == ()


def test_frames_hold_what_the_analysis_made(store: Path) -> None:
    found, made = board(), board_index.refresh(Store(store))
    for frame, table in ((found.entries, made.entries), (found.checkpoints, made.checkpoints)):
        rows = frame.to_dict("records")
        assert len(rows) == table.num_rows > 0
        for got, expected in zip(rows, table.to_pylist(), strict=True):
            for name, value in got.items():
                wanted = expected[name]
                if wanted is None:
                    assert pd.isna(value)
                else:
                    assert value == (tuple(wanted) if isinstance(wanted, list) else wanted)


def test_a_snapshot_stays_until_it_is_reloaded(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = board()
    assert not newer()
    monkeypatch.setattr(boards.Watch.newer, "__defaults__", (0.02, 0.0))
    checkpoints = [{"name": "base", "stage": "base", "model": "toy/base"}]
    go(write_board_spec(store.parent, family="other", checkpoints=checkpoints))
    assert newer()
    assert board() is before
    reload()
    assert not newer()
    assert board().families == ("other", "toy")
    assert board().stamp != before.stamp


def test_a_small_store_is_up_to_date_when_the_server_starts(store: Path) -> None:
    board_index.refresh(Store(store))
    go(write_board_spec(store.parent, family="other"))
    assert board().families == ("other", "toy")


def test_a_large_store_is_shown_as_its_index_has_it(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board_index.refresh(Store(store))
    go(write_board_spec(store.parent, family="other"))
    monkeypatch.setattr(boards, "_SMALL", 0)
    monkeypatch.setattr(boards, "refresh", None)
    assert board().families == ("toy",)
    assert newer()


def test_an_empty_store_has_frames_without_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNTAX_STORE", str(tmp_path / "nothing"))
    found = board()
    assert (found.families, len(found.entries), len(found.checkpoints)) == ((), 0, 0)
    assert list(found.entries.columns) == [*EntryRow.__slots__, *ENTRY_EXTRAS]
    assert not newer()
    assert not (tmp_path / "nothing").exists()


def test_pinned_to_the_parent_is_what_the_entries_say(store: Path) -> None:
    entries = board().entries
    rows = tuple(entries["row"].unique())
    found = pinned(("toy", "sft"), [("toy", "base"), ("toy", "sft"), ("toy", "dpo")], rows)
    assert set(found["checkpoint"]) == {"base", "dpo"}
    theirs = entries[entries["checkpoint"] == "dpo"].set_index("row")
    ours = found[found["checkpoint"] == "dpo"].set_index("row").loc[theirs.index]
    for name in ("delta", "delta_low", "delta_high", "p"):
        pd.testing.assert_series_equal(ours[name], theirs[name], rtol=1e-9)
    for name in ("reference", "test", "comparability", "reasons", "wording"):
        assert ours[name].tolist() == theirs[name].tolist()


def test_pinned_to_what_nobody_evaluated_is_empty(store: Path) -> None:
    found = pinned(("toy", "nobody"), [("toy", "base")], ("quiz:plain",))
    assert len(found) == 0
    assert "delta" in found.columns


def test_share_safe_is_what_the_command_line_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, expected in (("1", True), ("0", False), ("", False)):
        monkeypatch.setenv("ALIGNTAX_SHARE_SAFE", value)
        assert source.share_safe() is expected
    monkeypatch.delenv("ALIGNTAX_SHARE_SAFE")
    assert not source.share_safe()


def test_damage_is_said_and_the_rest_is_shown(store: Path) -> None:
    (store / "runs" / "x.json").write_text(json.dumps({"format_version": 1}))
    found = board()
    assert str(store / "runs" / "x.json") in found.damage[0]
    assert found.families == ("toy",)
