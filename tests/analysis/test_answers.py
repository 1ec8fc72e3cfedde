"""Statuses, lengths and repetition of answers become metrics of their cell."""

from typing import Any

import pytest
from cells import evidence

from harness.analysis.answers import described
from harness.analysis.drift import behaviour_drift
from harness.evidence import Evidence
from harness.records import Generate, Generation, SampleRecord, Variant, Veiled


def generated(name: str, n: int = 4, **changes: Any) -> Evidence:
    given = {"variant": Variant(formulation="gen", format="chat")} | changes
    return evidence(name, [1.0] * n, **given)


def record(cell: Evidence, index: int, *texts: str, **changes: Any) -> SampleRecord:
    tokens = changes.pop("tokens", tuple(len(text.split()) for text in texts))
    veiled = Veiled(
        document_hash=cell.document_hashes[index],
        request_hash=cell.request_hashes[index],
        response_hash="x",
        rows={},
        chance={},
    )
    return SampleRecord(
        cell=cell.identity.cell,
        document=cell.documents[index],
        status="ok",
        fields={},
        requests=(Generate(context="q"),),
        responses=(Generation(texts=texts, finish=("stop",) * len(texts), tokens=tokens),),
        veiled=veiled,
    )


def values(cell: Evidence, metric: str) -> list[float] | None:
    found = cell.scores(metric)
    return None if found is None else found.rows[:, 0].tolist()


def test_statuses_become_shares() -> None:
    cell = generated("sft", statuses=("ok", "refusal", "empty", "refusal"))
    found = described(cell)
    assert values(found, "refusal") == [0, 1, 0, 1]
    assert values(found, "truncated") == [0, 0, 0, 0]
    assert values(found, "answer_tokens") is None
    assert found.primary is cell.primary


def test_a_refusal_counts_only_where_an_answer_is_wanted() -> None:
    assert values(described(generated("sft", capability="behaviour")), "refusal") is None
    assert values(described(generated("sft", capability="behaviour")), "empty") is not None


def test_lengths_and_repetition_are_read_off_the_answers() -> None:
    cell = generated("sft", 2)
    kept = [record(cell, 1, "a b c d a b c d"), record(cell, 0, "one two", "three four five six")]
    found = described(cell, lambda key: kept if key == "sft-key" else [])
    assert values(found, "answer_tokens") == [3, 8]
    assert values(found, "answer_characters") == [13, 15]
    assert values(found, "repetition") == pytest.approx([0, 1 / 5])


def test_a_text_that_may_not_be_stored_has_its_length_all_the_same() -> None:
    cell = generated("sft", 1, privacy={"mode": "sensitive", "key": "k"})
    kept = [record(cell, 0, f"hmac:{'0' * 64}:321", tokens=(90,))]
    found = described(cell, lambda _: kept)
    assert values(found, "answer_characters") == [321]
    assert values(found, "answer_tokens") == [90]
    assert values(found, "repetition") is None


def test_records_of_another_request_are_no_answers_of_this_one() -> None:
    cell, other = generated("sft", 1), generated("sft", 1, request_hashes=("older",))
    found = described(cell, lambda _: [record(other, 0, "text")])
    assert values(found, "answer_tokens") is None
    assert values(found, "empty") == [0]


def test_scored_texts_are_no_answers() -> None:
    cell = evidence("sft", [1, 0])
    assert described(cell) is cell


def test_tokens_of_two_tokenizers_dont_compare_and_characters_do() -> None:
    sides = []
    for name, tokenizer in (("sft", "a"), ("dpo", "b")):
        cell = generated(name, 12, tokenizer=tokenizer)
        size = 2 if name == "sft" else 7
        kept = [record(cell, i, "abcdefghij"[: size + i % size]) for i in range(12)]
        sides.append({"quiz": described(cell, lambda _, kept=kept: kept)})
    found = {each.metric: each for each in behaviour_drift(sides[0], sides[1], 0, 0.95)}
    assert set(found) == {"answer_characters"}
    assert found["answer_characters"].change.wording == "changed"


def test_what_neither_side_does_is_no_news() -> None:
    before = {"quiz": described(generated("sft", 12))}
    after = {"quiz": described(generated("dpo", 12, statuses=("refusal",) * 9 + ("ok",) * 3))}
    (found,) = behaviour_drift(before, after, 0, 0.95)
    assert (found.metric, found.change.wording) == ("refusal", "lost")
    assert found.after is not None
    assert found.after.value == pytest.approx(0.75)
