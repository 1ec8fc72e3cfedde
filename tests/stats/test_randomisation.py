"""Approximate randomisation against enumeration, sacrebleu and its own null."""

from itertools import product
from math import sqrt
from typing import Any

import numpy as np
import pytest
import sacrebleu.metrics
from cells import ROUGE, mean_rows, right, rng, scores
from sacrebleu.significance import PairedTest

from harness.metrics.bleu import bleu
from harness.metrics.outcomes import Text
from harness.stats.randomisation import randomisation_p


def test_it_equals_the_full_enumeration_of_swaps() -> None:
    differences = np.array([0.3, -0.1, 0.25, 0.4, -0.05, 0.2, 0.15, 0.1])
    signs = np.array(list(product([1, -1], repeat=8)))
    exact = (np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12).mean()
    sides = scores(ROUGE, mean_rows(np.zeros(8))), scores(ROUGE, mean_rows(differences))
    found = randomisation_p(sides, [None] * 8, rng())
    assert found == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / 10_000))


def test_identical_answers_give_one() -> None:
    same = right([1, 0, 1, 1])
    assert randomisation_p((same, same), [None] * 4, rng()) == 1.0


def test_its_errors_are_alpha_under_no_difference() -> None:
    generator = np.random.default_rng(8)
    rejected = 0
    for _ in range(200):
        sides = [right(generator.integers(0, 2, 40).tolist()) for _ in range(2)]
        p = randomisation_p((sides[0], sides[1]), [None] * 40, generator)
        rejected += p is not None and p <= 0.05
    assert rejected <= 0.05 * 200 + 2 * sqrt(0.05 * 0.95 * 200)


def test_whole_clusters_swap() -> None:
    before, after = mean_rows([0.0] * 12), mean_rows([1.0] * 6 + [0.0] * 6)
    sides = scores(ROUGE, before), scores(ROUGE, after)
    alone = randomisation_p(sides, [None] * 12, rng())
    joint = randomisation_p(sides, ["a"] * 6 + [None] * 6, rng())
    assert alone is not None
    assert alone < 0.06
    assert joint == 1.0


WORDS = [
    "the",
    "patient",
    "was",
    "given",
    "some",
    "new",
    "drug",
    "twice",
    "a",
    "day",
    "for",
    "pain",
    "and",
    "slept",
    "well",
    "after",
    "it",
]
REFERENCE = [" ".join(rng(n).choice(WORDS, 6 + n % 17)) for n in range(60)]


def answers(seed: int, share: float) -> list[str]:
    """Return the references with some of their words changed."""
    generator = rng(seed)
    return [
        " ".join("x" if generator.random() < share else word for word in text.split())
        for text in REFERENCE
    ]


def test_corpus_bleu_agrees_with_sacrebleus_test() -> None:
    one, two = answers(100, 0.10), answers(200, 0.13)
    named: Any = [("one", one), ("two", two)]
    test = PairedTest(
        named,
        {"BLEU": sacrebleu.metrics.BLEU(references=[REFERENCE])},
        None,
        test_type="ar",
        n_samples=2000,
    )
    _, results = test()
    expected = results["BLEU"][1].p_value
    metric = bleu("en")
    sides = []
    for texts in (one, two):
        rows = [
            metric.statistics(Text(prediction=text, references=[target]))
            for text, target in zip(texts, REFERENCE, strict=True)
        ]
        sides.append(scores(metric.info, rows))
    found = randomisation_p((sides[0], sides[1]), [None] * 60, rng())
    assert found == pytest.approx(expected, abs=0.04)
