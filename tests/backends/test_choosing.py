"""Draws of the next token: their law, and that a text's draws are its own."""

import math

import torch
from scipy.stats import chisquare

from harness.backends.choosing import NOT_FINITE, Chance, choose

CPU = torch.device("cpu")


def test_draws_follow_the_softmax_at_the_temperature() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, float("-inf")])
    chance = Chance(2.0, 5, CPU)
    drawn = choose(logits.repeat(4000, 1), [chance] * 4000)
    expected = torch.softmax(logits / 2.0, dim=0)[:4] * 4000
    counts = [drawn.count(token) for token in range(4)]
    assert sum(counts) == 4000  # what has no probability is never drawn
    assert chisquare(counts, expected.double() * (4000 / expected.double().sum())).pvalue > 1e-3


def test_a_text_draws_alike_whatever_its_neighbours_draw() -> None:
    logits = torch.randn(6, 50, generator=torch.Generator().manual_seed(0))
    alone = [choose(row[None].clone(), [Chance(1.0, seed, CPU)]) for seed, row in enumerate(logits)]
    order = [3, 0, 5]
    together = choose(logits[order].clone(), [Chance(1.0, seed, CPU) for seed in order])
    assert together == [alone[seed][0] for seed in order]
    assert choose(logits.clone(), [None] * 6) == logits.argmax(dim=1).tolist()


def test_rounding_changes_no_draw() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(200, 5000, generator=generator)
    off = logits * (1 + 1e-6 * torch.randn(200, 5000, generator=generator))
    draws = [choose(each, [Chance(1.0, k, CPU) for k in range(200)]) for each in (logits, off)]
    assert draws[0] == draws[1]


def test_a_row_without_finite_logits_is_told_and_the_others_are_chosen() -> None:
    rows = [[0.0, 1.0], [math.nan, 1.0], [math.inf, 0.0], [-math.inf, 0.5], [-math.inf] * 2]
    expected = [1, NOT_FINITE, NOT_FINITE, 1, NOT_FINITE]
    assert choose(torch.tensor(rows), [None] * 5) == expected
    drawn = choose(torch.tensor(rows), [Chance(0.01, 0, CPU) for _ in rows])
    assert drawn == expected
