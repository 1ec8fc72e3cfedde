"""Every field of the leaderboard says estimate, interval, tier, change, and what hinders it."""

from typing import Any

import pandas as pd
import pytest

from leaderboard.grid import Grid, grid_cells, legend, table, texts
from leaderboard.matrix import rows_of, spans

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"


def entry(checkpoint: str, **more: Any) -> dict[str, Any]:
    return {
        "family": "f",
        "checkpoint": checkpoint,
        "stage": "sft",
        "row": "quiz:cf",
        "task": "quiz",
        "kind": "multiple_choice",
        "capability": "general",
        "language": "en",
        "metric": "acc",
        "unit": "%",
        "higher_is_better": True,
        "chance": 0.25,
        "ceiling": 1.0,
        "value": 0.6274,
        "low": 0.5513,
        "high": 0.6971,
        "missing": "",
        "delta": -0.2,
        "delta_low": -0.3,
        "delta_high": -0.1,
        "comparability": "COMPARABLE",
        "reasons": "",
        "wording": "lost",
    } | more


def made(*entries: dict[str, Any], tiers: Any = None, group: str | None = None) -> Grid:
    frame = pd.DataFrame(entries)
    return Grid(
        checkpoints=frame[["family", "checkpoint", "stage"]].drop_duplicates(),
        rows=rows_of(frame),
        cells=grid_cells(frame),
        spans=spans(frame),
        tiers=tiers or {},
        group=group,
    )


def test_a_field_holds_estimate_interval_mark_and_change() -> None:
    html = table(made(entry("a")))
    assert "62.7 <i>[55.1, 69.7]</i>" in html
    assert 'class="bar" style="left:2.0%;width:96.0%"' in html
    assert "▼ −20.0 [−30.0, −10.0]" in html
    assert "acc, % ↑ · en · guess 25" in html


def test_what_others_wrote_is_escaped_everywhere() -> None:
    frame = entry(HOSTILE, family=HOSTILE, row=HOSTILE, missing=HOSTILE, metric=HOSTILE)
    frame |= {"stage": HOSTILE, "reasons": HOSTILE, "comparability": "QUALIFIED"}
    html = table(made(frame, frame | {"checkpoint": "b", "value": float("nan")}, group="stage"))
    assert "<script" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(("verdict", "mark"), [("QUALIFIED", "≈"), ("INCOMPARABLE", "×")])
def test_a_change_that_is_not_comparable_says_so(verdict: str, mark: str) -> None:
    wording = "changed" if verdict == "QUALIFIED" else "not comparable"
    delta = -0.2 if verdict == "QUALIFIED" else float("nan")
    grid = made(entry("a", comparability=verdict, wording=wording, delta=delta, reasons="why"))
    html = table(grid)
    assert verdict in html
    assert mark in html
    assert ("repeating-linear-gradient" in html) == (verdict == "QUALIFIED")
    assert verdict in texts(grid)["quiz:cf"][0]


def test_a_loss_is_orange_and_a_win_blue_and_noise_has_no_colour() -> None:
    def ground(**more: Any) -> str:
        return table(made(entry("a", **more))).split("<tbody>")[1]

    assert "rgba(230,130,0" in ground()
    assert "rgba(0,114,178" in ground(delta=0.2, delta_low=0.1, delta_high=0.3)
    assert "rgba" not in ground(delta=0.1, delta_low=-0.1, delta_high=0.3)


def test_a_missing_estimate_says_why_and_a_field_nobody_asked_is_empty() -> None:
    lines = [entry("a"), entry("b", value=float("nan"), low=float("nan"), missing="not evaluated")]
    grid = made(*lines, entry("a", row="other"))
    assert "not evaluated" in table(grid)
    assert list(texts(grid)["other"]) == ["62.7 [55.1, 69.7]; ▼ −20.0 [−30.0, −10.0]", ""]


def test_the_first_tier_is_bold_and_each_tier_is_numbered() -> None:
    tiers = {"quiz:cf": {("f", "a"): 1, ("f", "b"): 2, ("f", "c"): None, ("f", "d"): 4}}
    grid = made(*map(entry, "abcd"), tiers=tiers)
    html = table(grid)
    assert html.count("<b>62.7</b>") == 1
    for tier in ("1", "2", "?", "4+"):
        assert f'title="tier {tier}">{tier}<' in html
    assert "tier 1" in texts(grid)["quiz:cf"][0]


def test_lines_stand_under_their_group() -> None:
    html = table(made(entry("a"), entry("b", stage="aligned"), group="stage"))
    assert html.count('<tr class="group">') == 2


def test_the_legend_names_the_reference() -> None:
    assert "against each one's parent" in legend(None)
    assert "against base, the pinned reference" in legend("base")
