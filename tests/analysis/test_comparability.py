import re
from pathlib import Path
from typing import Any

import pytest
from cells import ACCURACY, evidence, mean_rows, right, scores
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis import comparability
from harness.analysis.comparability import compare
from harness.metrics.metric import MetricInfo
from harness.records import Variant

HF = {"name": "hf", "dtype": "float32", "max_length": 2048, "bos": "auto"}
CHAT = Variant(formulation="mcf", format="chat")
OTHER_REQUESTS = ("x0", "x1")


def reasons(reference: dict[str, Any], candidate: dict[str, Any]) -> tuple[str, list[str]]:
    pairing = compare(evidence("base", **reference), evidence("sft", **candidate))
    return pairing.comparability.verdict, [str(r) for r in pairing.comparability.reasons]


def test_the_same_requests_by_the_same_means_are_comparable() -> None:
    pairing = compare(evidence("base"), evidence("sft"))
    assert pairing.comparability.verdict == "COMPARABLE"
    assert pairing.comparability.reasons == ()
    assert (pairing.reference, pairing.candidate) == ((0, 1), (0, 1))


def test_native_formats_are_qualified_and_still_pair() -> None:
    base = evidence("base", (1, 0))
    tuned = evidence("sft", (1, 1), variant=CHAT, template="t", request_hashes=OTHER_REQUESTS)
    pairing = compare(base, tuned)
    assert pairing.comparability.verdict == "QUALIFIED"
    assert [str(r) for r in pairing.comparability.reasons] == ["format_differs plain, chat"]
    assert pairing.comparability.paired == 2


def test_a_perplexity_is_comparable_whatever_the_prompt_format() -> None:
    tuned = {"variant": CHAT, "template": "t", "seed": 2}
    assert reasons({}, tuned) == ("COMPARABLE", [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tokenizer": "other"}, "tokenizer_differs"),
        ({"backend": HF | {"dtype": "bfloat16"}}, "dtype_differs float32, bfloat16"),
        ({"backend": HF | {"max_length": 512}}, "max_length_differs 2048, 512"),
        ({"backend": HF | {"bos": "never"}}, "bos_differs auto, never"),
        ({"backend": HF | {"name": "lm_eval"}}, "backend_differs hf, lm_eval"),
        ({"generation": {"max_tokens": 5}}, "generation_differs max_tokens"),
    ],
)
def test_other_means_are_a_reason_even_for_the_same_requests(
    change: dict[str, Any], reason: str
) -> None:
    assert reasons({}, change) == ("QUALIFIED", [reason])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"variant": Variant(formulation="mcf", format="plain", shots=5)},
            "shots_differs 0, 5",
        ),
        (
            {"variant": Variant(formulation="cf", format="plain")},
            "formulation_differs mcf, cf",
        ),
        ({"seed": 7}, "seed_differs 1, 7"),
        ({}, "requests_differ 2 of 2"),
    ],
)
def test_other_requests_are_explained(change: dict[str, Any], reason: str) -> None:
    assert reasons({}, change | {"request_hashes": OTHER_REQUESTS}) == ("QUALIFIED", [reason])


def test_each_checkpoints_own_template_is_qualified() -> None:
    theirs = {"variant": CHAT, "template": "b", "request_hashes": OTHER_REQUESTS}
    assert reasons({"variant": CHAT, "template": "a"}, theirs) == (
        "QUALIFIED",
        ["template_differs"],
    )


def test_a_corrected_key_is_another_document() -> None:
    pairing = compare(evidence("base"), evidence("sft", document_hashes=("h0", "corrected")))
    assert (pairing.reference, pairing.candidate) == ((0,), (0,))
    assert [str(r) for r in pairing.comparability.reasons] == [
        "documents_differ 1 of 2",
        "coverage 50 %",
    ]


def test_lost_documents_are_a_reason() -> None:
    short = evidence("sft", (1,), planned=2, errors=1)
    pairing = compare(evidence("base"), short)
    assert pairing.comparability.verdict == "QUALIFIED"
    assert [str(r) for r in pairing.comparability.reasons] == ["coverage 50 %"]
    assert (pairing.comparability.paired, pairing.comparability.wanted) == (1, 2)


def test_almost_all_documents_are_not_all() -> None:
    pairing = compare(evidence("base", [1] * 9999, planned=10000), evidence("sft", [1] * 10000))
    assert str(pairing.comparability.reasons[0]) == "coverage 99.9 %"


def test_documents_pair_by_id_in_any_order() -> None:
    base = evidence("base", (1, 0, 1))
    turned = evidence(
        "sft",
        (0, 0, 1),
        documents=("d002", "d000", "d001"),
        document_hashes=("h2", "h0", "h1"),
        request_hashes=("r2", "r0", "r1"),
    )
    pairing = compare(base, turned)
    assert pairing.comparability.verdict == "COMPARABLE"
    assert (pairing.reference, pairing.candidate) == ((0, 1, 2), (1, 2, 0))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"task": "other"}, "task_differs quiz, other"),
        ({"task_version": 2}, "task_version_differs 1, 2"),
        ({"documents": ("e0", "e1")}, "no_common_document"),
    ],
)
def test_other_tasks_and_documents_are_incomparable(change: dict[str, Any], reason: str) -> None:
    assert reasons({}, change) == ("INCOMPARABLE", [reason])


def test_another_metric_signature_is_incomparable() -> None:
    other = MetricInfo(name="bleu", signature="b|tok:zh", columns=("a", "n"), aggregate="mean")
    pairing = compare(evidence("base"), evidence("sft", scores=scores(other, mean_rows([1, 0]))))
    assert pairing.comparability.verdict == "INCOMPARABLE"
    assert pairing.comparability.reasons[0].code == "metric_signature_differs"
    assert pairing.reference == pairing.candidate == ()


def test_a_metric_is_compared_by_name() -> None:
    assert compare(evidence(), evidence("sft"), ACCURACY.name).comparability.verdict == "COMPARABLE"
    missing = compare(evidence(), evidence("sft"), "f1").comparability
    assert [str(r) for r in missing.reasons] == ["metric_missing f1"]


@given(st.sets(st.integers(0, 9), min_size=1), st.sets(st.integers(0, 9), min_size=1))
def test_the_verdict_is_the_same_in_both_directions(ours: set[int], theirs: set[int]) -> None:
    sides = [
        evidence(
            name,
            scores=right([1] * len(ids)),
            documents=tuple(f"d{i}" for i in ids),
            document_hashes=tuple(f"h{i}" for i in ids),
            request_hashes=tuple(f"r{i}" for i in ids),
        )
        for name, ids in (("base", ours), ("sft", theirs))
    ]
    there, back = compare(sides[0], sides[1]), compare(sides[1], sides[0])
    assert there.comparability == back.comparability
    assert (there.reference, there.candidate) == (back.candidate, back.reference)
    assert there.comparability.paired == len(ours & theirs)


def test_every_code_is_in_the_table_of_the_docstring() -> None:
    """Also those of a setting that only another backend has."""
    table = comparability.__doc__ or ""
    listed = set(re.findall(r"^``(\w+)``", table, re.MULTILINE))
    source = Path(str(comparability.__file__)).read_text()
    plain = set(re.findall(r'(?:Reason|_counted)\("(\w+)"', source))
    differing = {f"{name}_differs" for name in re.findall(r'_differs\("(\w+)"', source)}
    settings = {"backend_differs", "dtype_differs", "max_length_differs", "bos_differs"}
    assert listed == plain | differing | settings
    assert reasons({}, {"backend": HF | {"window": 5}})[1] == ["window_differs null, 5"]


def test_every_number_between_two_cells_comes_by_way_of_comparability() -> None:
    """Who pairs the scores of two cells has asked first whether they may be compared."""
    root = Path(str(comparability.__file__)).parents[1]
    pairing = {"paired_difference", "margin_test", "paired_scores"}
    for path in root.rglob("*.py"):
        if path.parent.name != "stats":
            source = path.read_text()
            if any(re.search(rf"\b{name}\(", source) for name in pairing):
                assert "compare(" in source, path
