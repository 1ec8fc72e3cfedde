"""What asking twice amounts to: flips with their interval, moved numbers, and nothing made up."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from cells import ACCURACY, BITS, mean_rows, rng, scores
from scipy.stats import binomtest

from harness.analysis.noise import Side, measure_noise
from harness.evidence import Scores
from harness.records import (
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Response,
    RollingLogLikelihood,
    SampleRecord,
)
from harness.results.noise import Noise


def record(i: int, responses: Sequence[Response], **changes: Any) -> SampleRecord:
    asked = {
        Likelihood: lambda j: LogLikelihood(f"question {i}", f" choice {j}"),
        Generation: lambda j: Generate(context=f"question {i}"),
    }
    settings: dict[str, Any] = {
        "cell": "c",
        "document": f"d{i:04}",
        "status": "ok",
        "fields": {"question": f"question {i}"},
        "requests": tuple(asked[type(r)](j) for j, r in enumerate(responses)),
        "responses": tuple(responses),
    }
    return SampleRecord(**settings | changes)


def choices(*logprobs: float) -> list[Response]:
    return [Likelihood(logprob=value, tokens=1) for value in logprobs]


def text(answer: str) -> list[Response]:
    return [Generation(texts=(answer,), finish=("stop",), tokens=(1,))]


def side(right: Sequence[float], clusters: Sequence[str | None] | None = None) -> Side:
    """Questions of two choices that were answered right (1) or wrong (0)."""
    records = tuple(
        record(
            i,
            choices(-1.0, -2.0) if hit else choices(-2.0, -1.0),
            reason=None if hit else "wrong",
            cluster=clusters[i] if clusters else None,
        )
        for i, hit in enumerate(right)
    )
    return Side(records=records, scores=(scores(ACCURACY, mean_rows(right)),))


def measured(recorded: Side, repeated: Side) -> Noise:
    noise = measure_noise(recorded, repeated)
    assert noise is not None
    return noise


def test_flips_have_wilsons_interval_and_name_their_documents() -> None:
    noise = measured(side([1] * 20 + [0] * 20), side([1] * 19 + [0] * 20 + [1]))
    assert noise.flips is not None
    assert (noise.n, noise.flips.value, noise.flips.n) == (40, 0.05, 40)
    expected = binomtest(2, 40).proportion_ci(method="wilson")
    assert (noise.flips.low, noise.flips.high) == pytest.approx((expected.low, expected.high))
    assert [(f.document, f.lost) for f in noise.flipped] == [("d0019", True), ("d0039", False)]
    assert noise.differing_answers == 2


def test_no_flip_among_few_documents_is_no_proof_of_none() -> None:
    noise = measured(side([1, 0] * 10), side([1, 0] * 10))
    assert noise.flips is not None
    assert (noise.flips.value, noise.flips.low) == (0.0, 0.0)
    assert noise.flips.high == pytest.approx(0.1611, abs=1e-4)


def test_documents_of_one_cluster_are_one_piece_of_evidence() -> None:
    first, second = [1] * 40, [0] * 4 + [1] * 36
    clusters = [f"c{i // 4}" for i in range(40)]
    alone = measured(side(first), side(second)).flips
    clustered = measured(side(first, clusters), side(second, clusters)).flips
    assert alone is not None
    assert clustered is not None
    assert clustered.value == alone.value
    assert (clustered.high or 0) > (alone.high or 0) + 0.05


def test_half_of_the_flips_is_the_null_of_the_negative_flip_rate() -> None:
    """Two runs of one model whose documents match with chances p_i: E[NFR] = mean p_i (1 - p_i)."""
    chances = rng(7).beta(0.5, 0.5, 4000)
    draws = [(rng(seed).random(4000) < chances).astype(float).tolist() for seed in (8, 9)]
    noise = measured(side(draws[0]), side(draws[1]))
    null = noise.null_nfr
    assert null is not None
    assert null.value == pytest.approx(len(noise.flipped) / 4000 / 2)
    assert null.low is not None
    assert null.high is not None
    assert null.low < float(np.mean(chances * (1 - chances))) < null.high


def test_every_metric_has_both_values_and_their_difference() -> None:
    def both(bits: float) -> tuple[Scores, ...]:
        hits = scores(ACCURACY, mean_rows([1.0, bits == 8.0]))
        return (hits, scores(BITS, [[bits, 4.0], [2.0, 4.0]]))

    records = tuple(record(i, choices(-1.0, -2.0)) for i in range(2))
    noise = measured(
        Side(records=records, scores=both(8.0)), Side(records=records, scores=both(9.0))
    )
    accuracy, bits = noise.metrics
    assert (accuracy.recorded, accuracy.repeated, accuracy.delta) == (1.0, 0.5, -0.5)
    assert (bits.recorded, bits.repeated, bits.differing) == (10 / 8, 11 / 8, 1)


def test_log_likelihoods_move_by_a_mean_and_a_maximum() -> None:
    first = tuple(record(i, choices(-1.0, -3.0), reason="wrong") for i in range(2))
    second = (
        record(0, choices(-1.0, -3.0), reason="wrong"),
        record(1, choices(-1.1, -2.7), reason="wrong"),
    )
    hits = (scores(ACCURACY, mean_rows([0, 0])),)
    moved = measured(Side(records=first, scores=hits), Side(records=second, scores=hits)).logprobs
    assert moved is not None
    assert (moved.count, moved.largest) == (4, pytest.approx(0.3))
    assert moved.mean == pytest.approx(0.4 / 4)


def test_a_perplexity_knows_no_right_or_wrong_and_no_answer() -> None:
    def asked(nll: float) -> Side:
        request = (RollingLogLikelihood("a text"),)
        one = record(0, choices(-nll), requests=request)
        return Side(records=(one,), scores=(scores(BITS, [[nll, 6.0]]),))

    noise = measured(asked(4.0), asked(4.5))
    assert noise.flips is None
    assert noise.null_nfr is None
    assert noise.differing_answers is None
    assert noise.logprobs is not None
    assert noise.logprobs.largest == 0.5


def test_another_text_is_another_answer_though_both_are_right() -> None:
    def said(*answers: str) -> Side:
        records = tuple(record(i, text(answer)) for i, answer in enumerate(answers))
        return Side(records=records, scores=(scores(ACCURACY, mean_rows([1.0] * len(answers))),))

    noise = measured(said("B", "it is 7"), said("B", "it's 7"))
    assert noise.differing_answers == 1
    assert noise.flips is not None
    assert noise.flips.value == 0
    assert noise.logprobs is None


def test_a_metric_without_a_value_has_no_difference() -> None:
    empty = Side(
        records=(record(0, choices(-1.0, -2.0)),), scores=(scores(ACCURACY, [[0.0, 0.0]]),)
    )
    (metric,) = measured(empty, empty).metrics
    assert (metric.recorded, metric.delta) == (None, None)


def test_nothing_to_compare_is_no_noise() -> None:
    empty = Side(records=(), scores=(scores(ACCURACY, np.empty((0, 2))),))
    assert measure_noise(empty, empty) is None


def test_other_documents_are_refused() -> None:
    other = Side(records=(record(5, choices(-1.0, -2.0)),), scores=side([1]).scores)
    with pytest.raises(ValueError, match="same documents"):
        measure_noise(side([1]), other)
