"""Every set of letters as an answer, and how likely a model is to give exactly that one."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

LARGEST = 5
"""Choices of a question that all sets are asked for: 31 continuations of one context."""


def letter_sets(count: int) -> list[tuple[int, ...]]:
    """Return all non-empty sets of ``count`` choices, each ascending, the small ones first."""
    return [s for size in range(1, count + 1) for s in combinations(range(count), size)]


def exact_logprobs(logprobs: Sequence[float], count: int) -> list[float]:
    """Return the log-probability that an answer names each set and no letter more.

    ``logprobs`` are those of :func:`letter_sets` written as continuations. "A" begins "A, C" as
    well, so it is never less likely, and a comparison of continuations would always pick a single
    letter. What remains of a set without the sets that go on from it,
    P(S) - sum of P(S + one later letter), is the probability of stopping there, whatever ends the
    answer: a newline, the end of a turn, a full stop. The sets then exclude each other, and no
    normalisation by length is needed. It is -inf where nothing remains.
    """
    sets = letter_sets(count)
    found = dict(zip(sets, logprobs, strict=True))
    exact = []
    for one in sets:
        longer = [found[*one, letter] for letter in range(one[-1] + 1, count)]
        gone = float(np.logaddexp.reduce([value - found[one] for value in longer], initial=-np.inf))
        exact.append(found[one] + float(np.log(-np.expm1(gone))) if gone < 0 else -np.inf)
    return exact
