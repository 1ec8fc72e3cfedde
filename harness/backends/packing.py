"""Which spans are computed together, and behind which shared beginning: pure, no tensors.

Sorted by their tokens, sequences stand in the order in which a walk through their trie meets them:
each adds only what it doesn't share with the one before. A stretch of that order that fits a budget
of tokens is computed at once. What more than a stretch begins with is computed before, and kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.backends.encoding import Span
from harness.backends.prefix import common

__all__ = ["Pack", "Reading", "packs", "readings"]

_LEAST_KEPT = 16  # tokens; a shorter beginning costs more to attend to from aside than to repeat
_LEAST_SAVED = 64  # tokens; a run of the model on a few costs as much


@dataclass(frozen=True, slots=True)
class Reading:
    """One sequence that the model reads, and the spans that it answers.

    Spans that differ in their last token only (the letters of a multiple choice) share one.
    """

    fed: tuple[int, ...]
    members: tuple[int, ...]
    """Indices of spans."""
    first: int
    """The earliest scored token's index."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Readings that are computed at once, behind the keys and values of ``prefix``."""

    prefix: tuple[int, ...]
    """All readings begin with it, and none is scored in it."""
    readings: tuple[Reading, ...]
    """Sorted by their tokens."""
    size: int
    """Tokens that are computed: those of the trie behind the prefix."""


def readings(spans: Sequence[Span], members: Sequence[int] | None = None) -> list[Reading]:
    """Return what has to be read for the ``members`` (default: all) of ``spans``, sorted."""
    found: dict[tuple[int, ...], list[int]] = {}
    for index in range(len(spans)) if members is None else members:
        found.setdefault(spans[index].fed, []).append(index)
    return [
        Reading(fed, tuple(indices), min(spans[index].start for index in indices))
        for fed, indices in sorted(found.items())
    ]


def packs(sequences: Sequence[Reading], budget: int, kept: int = 0) -> Iterator[Pack]:
    """Yield packs of at most ``budget`` tokens; a reading that is longer comes alone.

    ``sequences`` are sorted by their tokens, as :func:`readings` returns them; all begin with
    ``kept`` tokens that are computed already.
    """
    if not sequences:
        return
    order = _Order(sequences)
    begin = end = 0
    for low, high, behind in _stretches(order, budget, kept):
        joins = behind == kept and order.shared[low] >= kept
        if end > begin and not (joins and order.size(begin, high, kept) <= budget):
            yield order.pack(begin, end, kept)
            begin = low
        elif end == begin:
            begin = low
        end, kept = high, behind
    yield order.pack(begin, end, kept)


class _Order:
    """Sorted readings, and how much each has in common with the one before it."""

    def __init__(self, sequences: Sequence[Reading]) -> None:
        self.sequences = sequences
        self.shared = [0, *(common(a.fed, b.fed) for a, b in pairwise(sequences))]
        self._sums = [0]
        for reading, shared in zip(sequences, self.shared, strict=True):
            self._sums.append(self._sums[-1] + len(reading.fed) - shared)

    def size(self, low: int, high: int, kept: int) -> int:
        """Count the tokens of the readings from low to high behind the ``kept`` they share."""
        return len(self.sequences[low].fed) - kept + self._sums[high] - self._sums[low + 1]

    def pack(self, low: int, high: int, kept: int) -> Pack:
        """Return the pack of the readings from low to high."""
        prefix = self.sequences[low].fed[:kept]
        return Pack(prefix, tuple(self.sequences[low:high]), self.size(low, high, kept))


def _stretches(order: _Order, budget: int, kept: int) -> Iterator[tuple[int, int, int]]:
    """Yield (low, high, tokens kept before) in order: subtrees of the trie that fit the budget."""
    todo = [(0, len(order.sequences), kept)]
    while todo:
        low, high, kept = todo.pop()
        size = order.size(low, high, kept)
        if size <= budget or high - low == 1:
            yield low, high, kept
            continue
        least = min(order.shared[low + 1 : high])
        depth = min(least, min(reading.first for reading in order.sequences[low:high]) - 1)
        if depth - kept >= _LEAST_KEPT and (depth - kept) * (size // budget) >= _LEAST_SAVED:
            kept = depth
        cuts = [i for i in range(low + 1, high) if order.shared[i] == least]
        todo += reversed([(a, b, kept) for a, b in pairwise([low, *cuts, high])])
