"""Single documents along a chain: fates, values, and the filters over them."""

from dataclasses import replace
from typing import Any

import pytest
from cells import ACCURACY, ROUGE, evidence, mean_rows, right, scores

from harness.analysis.items import chosen, follow, reasons_of, turned
from harness.analysis.trajectories import trajectories
from harness.evidence import Evidence
from harness.records import Variant
from harness.results import Trajectories
from harness.results.items import Item, Items, Wanted
from leaderboard.item_tables import fates_text


def chain(*outcomes: str, **changes: Any) -> list[Evidence]:
    """Return three stages' cells over documents whose outcomes per stage are given."""
    stages = zip(("base", "sft", "dpo"), zip(*outcomes, strict=True), strict=False)
    return [evidence(name, [float(x) for x in stage], **changes) for name, stage in stages]


def named(found: Items, wanted: Wanted) -> list[str]:
    return [item.document for item in chosen(found, wanted)]


def test_fates_are_those_of_the_trajectories() -> None:
    cells = chain("110", "100", "011", "101", "111")
    known, found = trajectories(cells), follow(cells)
    assert isinstance(known, Trajectories)
    assert [(i.document, i.fate, i.pattern) for i in found.items] == [
        (i.document, i.fate, i.pattern) for i in known.items
    ]
    assert found.fates == known.fates
    assert found.no_fates is None


@pytest.mark.parametrize(
    ("wanted", "documents"),
    [
        (Wanted(), ["d000", "d001", "d002", "d003"]),
        (Wanted(fate="forgotten"), ["d000", "d001"]),
        (Wanted(turn="lost", stage="sft"), ["d001", "d003"]),
        (Wanted(turn="lost", stage="dpo"), ["d000"]),
        (Wanted(turn="won", stage="dpo"), ["d003"]),
        (Wanted(fate="forgotten", turn="lost", stage="sft"), ["d001"]),
        (Wanted(documents={"d002"}), ["d002"]),
        (Wanted(turn="lost", stage="base"), []),
    ],
)
def test_filters_find_what_a_stage_lost_or_won(wanted: Wanted, documents: list[str]) -> None:
    assert named(follow(chain("110", "100", "011", "101")), wanted) == documents


def test_what_was_asked_in_another_way_says_so() -> None:
    assert follow(chain("110", "100")).qualified == ()
    base, sft, dpo = chain("110", "100")
    chat = {"variant": Variant(formulation="mcf", format="chat"), "template": "t"}
    sft, dpo = (replace(c, identity=replace(c.identity, **chat)) for c in (sft, dpo))
    sft, dpo = (replace(c, request_hashes=("x", "y")) for c in (sft, dpo))
    found = follow([base, sft, dpo])
    assert [reason.code for reason in found.qualified] == ["format_differs"]
    assert "format differs plain, chat" in fates_text(found)
    assert "alone" not in fates_text(follow([sft, dpo]))


def test_reasons_are_those_of_the_last_stage() -> None:
    cells = chain("11", "00", "10", reasons=(None, "no_answer: nothing read", "wrong"))
    found = follow(cells)
    assert reasons_of(found) == ["no_answer", "wrong"]
    assert named(found, Wanted(reason="no_answer")) == ["d001"]


def test_a_document_that_a_stage_lacks_is_listed_and_has_no_fate() -> None:
    first, last = chain("11", "10")
    short = evidence("dpo", [1.0], planned=2)
    found = follow([first, short])
    assert [item.fate for item in found.items] == ["kept", None]
    assert found.items[1].stages[1] is None
    assert turned(found, found.items[1], 1) is None
    assert follow([last]).chain == ("sft",)


def test_an_edited_document_neither_turns_nor_has_a_fate() -> None:
    first, last = chain("10", "11")
    edited = evidence("sft", [0.0, 1.0], document_hashes=("other", "h1"))
    found = follow([first, edited])
    assert found.items[0].fate is None
    assert named(found, Wanted(turn="lost", stage="sft")) == []
    assert named(follow([first, last]), Wanted(turn="lost", stage="sft")) == ["d000"]


def test_values_without_right_and_wrong_are_listed_by_how_far_they_moved() -> None:
    before = scores(ROUGE, mean_rows([0.9, 0.5, 0.2]))
    after = scores(ROUGE, mean_rows([0.8, 0.1, 0.6]))
    found = follow([evidence("base", scores=before), evidence("sft", scores=after)])
    assert found.no_fates == "the metric isn't right or wrong per document"
    assert found.items[0].stages[0] is not None
    assert found.items[0].stages[0].value == pytest.approx(0.9)
    assert named(found, Wanted(turn="lost", stage="sft")) == ["d001", "d000"]
    assert named(found, Wanted(turn="won", stage="sft")) == ["d002"]


def test_a_row_with_another_primary_metric_is_followed_by_its_accuracy() -> None:
    def cell(name: str, values: list[float]) -> Evidence:
        made = evidence(name, scores=scores(ROUGE, mean_rows([0.3, 0.4])))
        object.__setattr__(made, "metrics", (*made.metrics, right(values)))
        return made

    found = follow([cell("base", [1, 1]), cell("sft", [1, 0])])
    assert found.info == ACCURACY
    assert [item.fate for item in found.items] == ["kept", "forgotten"]


def test_what_does_not_compare_is_left_out_and_named() -> None:
    other = evidence("base", [1.0, 1.0], task_version=2)
    found = follow([other, *chain("11", "10")[1:]])
    assert (found.chain, found.missing) == (("sft",), ("base",))
    assert all(isinstance(item, Item) for item in found.items)
