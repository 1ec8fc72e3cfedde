"""The overview answers which aligned checkpoint costs least, on which task, and where to look."""

import json
import shutil
import time
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest
from board_pages import filled, labels, page, table, texts, write_board_spec
from runs import go

from harness.analysis.comparison import comparison
from harness.render.headline import headline
from harness.render.numbers import signed_text
from harness.store import Store
from leaderboard import summary

CHECKPOINTS = [
    {"name": "base", "stage": "base", "model": "toy/base"},
    {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
    *(
        {"name": f"dpo-{x}", "stage": "aligned", "parent": "sft", "model": f"toy/dpo-{x}"}
        for x in "abc"
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("overview"), checkpoints=CHECKPOINTS)


def links(shown: object) -> list[tuple[str, dict[str, list[str]]]]:
    found = shown.get("page_link")  # type: ignore[attr-defined]
    return [
        (link.proto.label, {k.rstrip("~"): v for k, v in parse_qs(link.proto.query_string).items()})
        for link in found
    ]


def test_headlines_and_numbers_are_the_analysis_own(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "overview", monkeypatch)
    frame = table(shown, "kept (net)").set_index("checkpoint")
    for name in ("dpo-a", "dpo-b", "dpo-c"):
        (against,) = comparison(Store(store), ["sft", name]).against
        assert headline(against) in texts(shown)
        kept = against.tax.kept
        assert kept is not None
        assert frame["kept (net)"][name].endswith(signed_text(kept.net, "%", False))
        assert frame["worst task"][name].startswith(kept.worst.task)
        assert frame["worst task"][name].endswith(signed_text(kept.worst.delta, "%", False))
    assert list(frame["rows"]) == ["3 of 3"] * 5


def test_the_least_cost_comes_first_and_leads_to_what_it_lost(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(store, "overview", monkeypatch)
    costs = {
        name: kept.net.value
        for name in ("dpo-a", "dpo-b", "dpo-c")
        for kept in [comparison(Store(store), ["sft", name]).against[0].tax.kept]
        if kept is not None
    }
    cheapest = max(costs, key=lambda name: costs[name])
    to_stages, to_compare, to_samples = links(shown)[:3]
    assert to_stages == ("Stages", {"family": ["toy"], "checkpoint": [cheapest]})
    assert to_compare[1]["checkpoints"] == ["sft", cheapest]
    assert to_compare[1]["reference"] == ["sft"]
    label, query = to_samples
    assert label.startswith("What it lost on ")
    assert query["flip"] == [f"lost at {cheapest}"]
    assert query["row"][0].replace("&#58;", ":") in label.replace("&#58;", ":")


def test_what_it_lost_opens_documents_that_it_lost(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"family": "toy", "checkpoint": "dpo-a", "row": "quiz:plain", "flip": "lost at dpo-a"}
    shown = page(store, "samples", monkeypatch, **query)
    frame = table(shown, "document", "fate")
    assert frame["sft"].str.startswith("right").all()
    assert frame["dpo-a"].str.startswith("wrong").all()


def test_an_empty_store_says_how_to_fill_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for view in ("overview", "leaderboard", "stages"):
        assert "aligntax run" in texts(page(tmp_path / "evals", view, monkeypatch))


def test_a_half_finished_family_is_shown_and_named_so(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = shutil.copytree(store, tmp_path / "evals", ignore=shutil.ignore_patterns("index"))
    (path,) = half.glob("runs/*.json")
    account = json.loads(path.read_text())
    kept = [cell for cell in account["cells"] if cell["checkpoint"] != "dpo-b"]
    path.write_text(json.dumps(account | {"finished": False, "cells": kept}))
    shown = page(half, "overview", monkeypatch)
    assert "dpo-b has 0 of 3 rows" in texts(shown)
    assert table(shown, "kept (net)").set_index("checkpoint")["kept (net)"]["dpo-b"] == "—"
    for view in ("leaderboard", "stages"):
        assert "dpo-b has 0 of 3 rows" in texts(page(half, view, monkeypatch, checkpoint="dpo-b"))


def test_a_damaged_run_is_said_and_the_rest_is_shown(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = shutil.copytree(store, tmp_path / "evals", ignore=shutil.ignore_patterns("index"))
    (broken / "runs" / "x.json").write_text("{")
    shown = page(broken, "overview", monkeypatch)
    assert "can't be read" in shown.warning[0].value
    assert "x.json" in texts(shown)
    assert len(table(shown, "kept (net)")) == 5


def test_a_newer_store_is_said_and_a_click_shows_it(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = shutil.copytree(store, tmp_path / "evals")
    shown = page(growing, "overview", monkeypatch)
    assert "has changed" not in texts(shown)
    go(write_board_spec(tmp_path, family="other"))
    time.sleep(1.1)  # it isn't looked at more often than every second
    shown.run()
    assert "has changed" in texts(shown)
    assert "other" not in shown.selectbox(key="family").options
    shown.button(key="reload").click().run()
    assert "other" in shown.selectbox(key="family").options


def test_share_safe_is_said_on_the_page(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGNTAX_SHARE_SAFE", "1")
    assert "texts of documents, prompts and answers are hidden" in texts(
        page(store, "overview", monkeypatch)
    )


def test_the_table_can_be_taken_along(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"CSV", "Parquet", "Markdown"} <= set(labels(page(store, "overview", monkeypatch)))


def test_who_has_no_number_is_not_the_cheapest() -> None:
    frame = pd.DataFrame(
        {"checkpoint": list("abcd"), "stage": ["aligned"] * 3 + ["sft"], "net": [-2, None, 1, 9]}
    )
    assert list(summary.by_cost(frame)["checkpoint"]) == ["c", "a", "b"]


def test_the_row_to_look_at_is_the_worst_of_the_task_whichever_way_is_better() -> None:
    entries = pd.DataFrame(
        {
            "checkpoint": ["a", "a", "a", "b"],
            "task": ["t", "t", "t", "t"],
            "row": ["t:cf", "t:loss", "t:none", "t:other"],
            "delta": [-0.1, 0.3, None, -9],
            "higher_is_better": [True, False, True, True],
        }
    )
    assert summary.lost_row(entries, "a", "t") == "t:loss"
    assert summary.lost_row(entries, "a", "u") is None
