"""A family as a graph: generations left to right, parents in the middle of their children."""

import pandas as pd

from leaderboard.lineage import graph, nodes


def family(*edges: tuple[str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(edges, columns=["checkpoint", "stage", "parent"])


def placed(frame: pd.DataFrame) -> dict[str, tuple[int, float]]:
    found = nodes(frame, [""] * len(frame))
    return {node.name: (node.x, node.y) for node in found}


def test_branches_stand_below_each_other_and_parents_in_their_middle() -> None:
    frame = family(
        ("base", "base", None),
        ("sft", "sft", "base"),
        ("a", "aligned", "sft"),
        ("b", "aligned", "sft"),
        ("c", "aligned", "sft"),
        ("other", "sft", "base"),
    )
    assert placed(frame) == {
        "base": (0, 2.0),
        "sft": (1, 1.0),
        "a": (2, 0),
        "b": (2, 1),
        "c": (2, 2),
        "other": (1, 3),
    }


def test_a_parent_that_nobody_knows_makes_a_root() -> None:
    assert placed(family(("a", "sft", "gone"))) == {"a": (0, 0)}


def test_a_thousand_siblings_share_a_node() -> None:
    rows = [("base", "base", None), *((f"s{i}", "sft", "base") for i in range(1000))]
    found = nodes(family(*rows), [""] * 1001)
    assert [node.name for node in found] == ["base", *(f"s{i}" for i in range(6)), "994 more"]
    assert found[-1].parent == "base"


def test_two_parents_with_many_children_have_each_their_own_rest() -> None:
    rows = [("base", "base", None), ("s", "sft", "base"), ("t", "sft", "base")]
    rows += [(f"{parent}{i}", "aligned", parent) for parent in "st" for i in range(9)]
    found = nodes(family(*rows), [""] * len(rows))
    rest = {node.parent: node.y for node in found if node.name == "3 more"}
    assert rest == {"s": 6, "t": 13}
    assert {node.name: node.y for node in found}["s"] == 3


def test_a_sibling_with_children_is_never_hidden() -> None:
    rows = [("base", "base", None), *((f"s{i}", "sft", "base") for i in range(20))]
    found = placed(family(*rows, ("dpo", "aligned", "s19")))
    assert {"s19", "dpo"} <= set(found)


def test_a_chain_of_thousands_needs_no_deep_stack() -> None:
    rows = [(f"c{i}", "sft", f"c{i - 1}" if i else None) for i in range(3000)]
    assert placed(family(*rows))["c2999"] == (2999, 0)


def test_the_chart_names_every_checkpoint_and_draws_every_edge() -> None:
    frame = family(("base", "base", None), ("sft", "sft", "base"), ("a\x1b", "aligned", "sft"))
    spec = graph(nodes(frame, ["", "n1", "n2"])).to_dict()
    edges, marks = spec["layer"][0]["data"]["values"], spec["layer"][1]["data"]["values"]
    assert [mark["name"] for mark in marks] == ["base", "sft", "a␛"]
    assert len(edges) == 3 * 2
    assert spec["background"] == "transparent"
