"""Charts: numbers as given, missing stays missing, labels inert, nothing fetched, no own ground."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from harness.render.charts import (
    Bar,
    Bin,
    Cell,
    Delta,
    Mark,
    Spot,
    bars,
    curve,
    forest,
    matrix,
    plane,
    reliability,
    trajectory,
)
from harness.render.charts.svg import svg

HOSTILE = 'x<script>alert(1)</script>\x1b[31m\u202e![a](http://evil.example/p)"'
MARKS = [
    Mark(label="base", group="quiz", value=0.5, low=0.4, high=0.6, unit="%", at=0.0),
    Mark(label="sft", group="quiz", value=None, unit="%", at=1000.0),
    Mark(label="dpo", group="quiz", value=0.62, low=0.55, high=0.7, unit="%", at=2000.0),
]
OTHER = [Mark(label="base", group="wiki", value=1.2, low=1.1, high=1.3, unit="bits/byte")]
DELTAS = [
    Delta(label="up", value=0.05, low=0.02, high=0.09, margin=0.02),
    Delta(label="down", value=-0.05, low=-0.09, high=-0.02),
    Delta(label="loss", value=0.4, low=0.3, high=0.5, higher_is_better=False, margin=0.1),
    Delta(label="other format", value=0.05, low=0.02, high=0.09, qualified=True),
    Delta(label="unknown", value=None),
]
SPOTS = [
    Spot(
        label="a",
        gain=0.06,
        gain_low=0.04,
        gain_high=0.08,
        tax=0.012,
        tax_low=None,
        tax_high=None,
        front=True,
    )
]
CELLS = [Cell(row="sft", column="general", value=0.31), Cell(row="sft", column="b", value=None)]
BINS = [Bin(label="base", confidence=0.3, accuracy=0.25, n=8)]
BARS = [Bar(label="yes", value=-0.5, chosen=True), Bar(label="yes", value=-2.0, correct=True)]
ALL = {
    "trajectory": trajectory(MARKS),
    "panels": trajectory([*MARKS, *OTHER]),
    "curve": curve(MARKS, "step"),
    "forest": forest(DELTAS, "%"),
    "plane": plane(SPOTS),
    "matrix": matrix(CELLS),
    "differences": matrix(CELLS, differences=True),
    "reliability": reliability(BINS),
    "bars": bars(BARS),
    "nothing": trajectory([]),
    "no difference": forest([], "%"),
    "no field": matrix([]),
}


def rows(chart: object) -> list[dict[str, object]]:
    """Every row of data in a chart."""
    found: list[dict[str, object]] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.extend(node.get("values", []) if isinstance(node.get("values"), list) else [])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(chart.to_dict())  # type: ignore[attr-defined]
    return [row for row in found if isinstance(row, dict)]


@pytest.mark.parametrize("name", ALL)
def test_every_chart_becomes_one_inert_svg_without_a_ground(name: str) -> None:
    drawn = svg(ALL[name], "c1", f"A {name}")
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert root[0].text == f"A {name}"
    assert root[1].text
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "path", "line", "text", "defs", "clipPath", "rect"}
    assert ALL[name].to_dict()["background"] == "transparent"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert all(str(i).startswith("c1-") for i in ids)
    texts = [e for e in root.iter() if e.tag.endswith("}text")]
    fields = {"white", "black"}  # on a field of their own
    assert {e.get("fill") for e in texts} <= {"currentColor", *fields}


def test_a_chart_is_the_same_bytes_each_time() -> None:
    assert svg(forest(DELTAS, "%"), "f", "t") == svg(forest(DELTAS, "%"), "f", "t")


def test_shares_are_drawn_in_percent_and_other_units_as_they_are() -> None:
    first, *_, last = rows(trajectory([*MARKS, *OTHER]))
    assert (first["value"], first["low"], first["high"]) == (50.0, 40.0, 60.0)
    assert first["text"] == "50.0 [40.0, 60.0]"
    assert (last["value"], last["text"]) == (1.2, "1.200 [1.100, 1.300]")


def test_missing_is_no_number_in_any_chart() -> None:
    assert rows(trajectory(MARKS))[1]["value"] is None
    assert {row["text"] for row in rows(matrix(CELLS))} == {"31.0", "—"}
    unknown = next(row for row in rows(forest(DELTAS, "%")) if row.get("label") == "unknown")
    assert unknown["value"] is None
    assert unknown["said"] == "not comparable"
    assert "not comparable" in svg(forest(DELTAS, "%"), "f", "t")


def test_a_difference_is_named_by_its_interval_its_orientation_and_its_care() -> None:
    said = {str(row["label"]): row["said"] for row in rows(forest(DELTAS, "%")) if "said" in row}
    assert said == {
        "up": "gained",
        "down": "lost",
        "loss": "lost",
        "other format (qualified)": "changed",
        "unknown": "not comparable",
    }


def test_margins_lie_where_a_loss_would_be() -> None:
    margins = {str(r["label"]): r["margin"] for r in rows(forest(DELTAS, "%")) if "margin" in r}
    assert margins["up"] == -2.0
    assert margins["loss"] == 10.0
    assert margins["down"] is None


def test_labels_of_others_steer_nothing() -> None:
    hostile = [Delta(label=HOSTILE, value=0.1, low=0.0, high=0.2)]
    drawn = svg(forest(hostile, "%"), "f", HOSTILE)
    ElementTree.fromstring(drawn)
    assert "<script" not in drawn
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    assert "␛[31m" in drawn


def test_choices_with_one_text_stay_two_bars() -> None:
    found = [row for row in rows(bars(BARS)) if "correct" in row]
    assert [row["label"] for row in found] == ["yes", "yes (2)"]
    assert [row["text"] for row in found] == ["−0.500, chosen", "−2.000, correct"]


def test_words_or_shapes_say_what_colours_say() -> None:
    spec = json.dumps(forest(DELTAS, "%").to_dict())
    assert '"shape"' in spec
    assert {row["said"] for row in rows(plane(SPOTS)) if "said" in row} == {"on the front"}


def test_value_types_load_no_chart_library() -> None:
    code = "import sys, harness.render.charts; print('altair' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_bins_are_drawn_with_their_intervals() -> None:
    sure = Bin(label="base", confidence=0.3, accuracy=0.25, n=8, low=0.1, high=0.6)
    row = next(row for row in rows(reliability([sure])) if row.get("label") == "base")
    assert (row["low"], row["high"], row["right"]) == (10.0, 60.0, "25 [10, 60]")
    ends = [layer["encoding"].get("y2") for layer in reliability([sure]).to_dict()["layer"]]
    assert {"field": "high"} in ends


def test_long_names_that_begin_alike_are_drawn_apart() -> None:
    rows = [f"{'medical_question_' * 5}:{way}" for way in ("plain", "chat")]
    fields = matrix([Cell(row=row, column="c", value=0.5) for row in rows]).to_dict()
    assert len(fields["layer"][0]["encoding"]["y"]["sort"]) == 2
    (values,) = [held["values"] for held in data_of(fields) if "row" in held["values"][0]]
    assert len({value["row"] for value in values}) == 2
    panels = trajectory([Mark(label="base", group=row, value=0.5, unit="%") for row in rows])
    assert len(panels.to_dict()["facet"]["sort"]) == 2
    lines = reliability([Bin(label=row, confidence=0.5, accuracy=0.5, n=1) for row in rows])
    drawn = [held["values"] for held in data_of(lines.to_dict()) if "label" in held["values"][0]]
    assert {len({value["label"] for value in values}) for values in drawn} == {2}


def data_of(node: object) -> list[dict[str, list[dict[str, object]]]]:
    """Return every list of values in a specification."""
    if isinstance(node, list):
        return [found for item in node for found in data_of(item)]
    if not isinstance(node, dict):
        return []
    own = [node["data"]] if isinstance(node.get("data"), dict) and "values" in node["data"] else []
    return own + [found for value in node.values() for found in data_of(value)]
