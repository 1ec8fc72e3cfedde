"""The graph of a family's checkpoints by parent: roots left, children to the right of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from harness.render.charts.look import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILLION,
    data,
    finished,
    label,
)

_MOST = 6
"""Childless siblings that are drawn one by one; the others share a node."""
_STEP = 56  # pixels from one line to the next
_COLUMN = 230
_TURN = 0.09
"""Where an edge turns, in columns before the child."""
_STAGES = ("base", "cpt", "sft", "aligned", "merged", "quantized")
_COLOURS = (GREY, PURPLE, BLUE, VERMILLION, GREEN, ORANGE)
_SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One checkpoint of the graph, or the rest of its siblings."""

    name: str
    stage: str
    parent: str | None
    note: str
    """What is written below its name."""
    x: int
    """Generations from the root."""
    y: float
    """Lines from the top."""


def nodes(checkpoints: pd.DataFrame, notes: Sequence[str]) -> list[Node]:
    """Return the graph of one family; parents stand in the middle of their children.

    ``notes`` are given by checkpoint. A parent that the family doesn't have makes a root.
    """
    known = set(checkpoints["checkpoint"])
    children: dict[str | None, list[Node]] = {}
    for one, note in zip(checkpoints.itertuples(), notes, strict=True):
        parent = one.parent if one.parent in known else None
        node = Node(name=one.checkpoint, stage=one.stage, parent=parent, note=note, x=0, y=0)
        children.setdefault(parent, []).append(node)
    return _placed(children)


def _placed(children: dict[str | None, list[Node]]) -> list[Node]:
    """Walk parents first for generations, then backwards for lines: no recursion, chains are long.

    Leaves take one line after the other.
    """
    order: list[Node] = []
    waiting = _few(children.get(None, []), children)[::-1]
    while waiting:
        node = waiting.pop()
        order.append(node)
        below = _few(children.get(node.name, []), children)
        waiting += [replace(child, x=node.x + 1) for child in below[::-1]]
    lines: dict[tuple[str | None, str], float] = {}  # two parents may both have "3 more"
    leaf = 0
    for node in order:
        if not children.get(node.name):
            lines[node.parent, node.name] = leaf
            leaf += 1
    for node in order[::-1]:
        below = [lines[n.parent, n.name] for n in _few(children.get(node.name, []), children)]
        if below:
            lines[node.parent, node.name] = (min(below) + max(below)) / 2
    return [replace(node, y=lines[node.parent, node.name]) for node in order]


def _few(siblings: list[Node], children: dict[str | None, list[Node]]) -> list[Node]:
    """Return siblings with the childless beyond the first few as one node."""
    alone = [node for node in siblings if not children.get(node.name)]
    if len(alone) <= _MOST + 1:
        return siblings
    hidden = {node.name for node in alone[_MOST:]}
    stages = dict.fromkeys(node.stage for node in alone[_MOST:])
    rest = replace(
        alone[-1],
        name=f"{len(hidden):,} more",
        stage=alone[-1].stage if len(stages) == 1 else "",
        note=f"from {alone[-1].parent}" if alone[-1].parent else "",
    )
    return [*(node for node in siblings if node.name not in hidden), rest]


def _edges(placed: Sequence[Node]) -> list[dict[str, float]]:
    """Return lines with corners: none of them crosses a name, which stand right of the marks."""
    at = {node.name: node for node in placed}
    found = []
    for node in placed:
        if node.parent is None:
            continue
        parent = at[node.parent]
        turn = node.x - _TURN
        found += [
            {"x": parent.x, "y": parent.y, "x2": turn, "y2": parent.y},
            {"x": turn, "y": parent.y, "x2": turn, "y2": node.y},
            {"x": turn, "y": node.y, "x2": node.x, "y2": node.y},
        ]
    return found


def graph(placed: Sequence[Node]) -> Any:
    """Return the chart: for each checkpoint its name and a mark of its stage's shape and colour."""
    import altair as alt

    rows = [
        {"name": label(n.name), "stage": n.stage, "note": label(n.note), "x": n.x, "y": n.y}
        for n in placed
    ]
    edges = _edges(placed)
    wide = max((n.x for n in placed), default=0) + 1
    high = max((n.y for n in placed), default=0) + 1
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.06, wide], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[high - 0.5, -0.5], nice=False))
    used = [stage for stage in _STAGES if any(node.stage == stage for node in placed)]
    places = [_STAGES.index(stage) for stage in used]
    colours = alt.Scale(domain=used, range=[_COLOURS[i] for i in places])
    shapes = alt.Scale(domain=used, range=[_SHAPES[i] for i in places])
    base = alt.Chart(data(rows)).encode(x=x, y=y)
    chart = alt.layer(
        alt.Chart(data(edges))
        .mark_rule(color=GREY, strokeWidth=1.2)
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q"),
        base.mark_point(size=130, filled=True, opacity=1).encode(
            color=alt.Color("stage:N", scale=colours, legend=None),
            shape=alt.Shape("stage:N", scale=shapes, legend=None),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("stage:N"), alt.Tooltip("note:N")],
        ),
        base.mark_text(align="left", dx=9, dy=-13, fontWeight="bold", color=GREY).encode(
            text="name:N"
        ),
        base.mark_text(align="left", dx=9, dy=14, color=GREY).encode(text="note:N"),
    ).configure_view(stroke=None)
    return finished(
        chart,
        f"Lineage of {len(placed)} checkpoints",
        width=_COLUMN * wide,
        height=round(_STEP * high),
    )
