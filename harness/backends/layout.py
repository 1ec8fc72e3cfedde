"""How a pack lies in one row, and which of the row each token sees: pure, no tensors.

The row holds every token of the pack's trie once. A token sees the prefix, its ancestors and
itself; its position is its depth. Attention runs block by block: some tokens that follow each other
in the row, and the stretches of the row that any of them sees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.backends.encoding import Span
from harness.backends.packing import Pack
from harness.backends.prefix import common

__all__ = ["Block", "Layout", "Part", "lay_out"]

Range = tuple[int, int]
"""From, to (exclusive): indices of the row."""


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens of one sequence that follow each other: each sees those before it in the part."""

    begin: int
    end: int
    before: tuple[Range, ...]
    """What else of the row all of them see, ascending."""


@dataclass(frozen=True, slots=True)
class Block:
    """Parts that follow each other in the row."""

    parts: tuple[Part, ...]

    @property
    def begin(self) -> int:
        """Where the first part begins."""
        return self.parts[0].begin

    @property
    def end(self) -> int:
        """Where the last part ends."""
        return self.parts[-1].end

    @property
    def keys(self) -> tuple[Range, ...]:
        """What of the row any token of the block sees, ascending and disjoint."""
        seen = [(self.begin, self.end), *(each for part in self.parts for each in part.before)]
        return _merged(sorted(seen))


@dataclass(slots=True)
class Layout:
    """One row."""

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    picked: list[int] = field(default_factory=list)
    """Where in the row something is predicted, each place once."""
    targets: list[Range] = field(default_factory=list)
    """(index into ``picked``, the token that is wanted there)."""
    owners: list[Range] = field(default_factory=list)
    """(span, how many of the targets are its own), in the order of the targets."""


def lay_out(pack: Pack, spans: Sequence[Span], block: int) -> Layout:
    """Return a pack's row, its blocks of at most ``block`` tokens."""
    row, kept = Layout(), len(pack.prefix)
    parts: list[Part] = []
    path: list[int] = []  # where the tokens of the sequence at hand stand, from depth ``kept`` on
    places: dict[int, int] = {}
    previous: tuple[int, ...] | None = None
    for reading in pack.readings:
        depth = kept if previous is None else common(previous, reading.fed)
        previous = reading.fed
        del path[depth - kept :]
        begin, end = len(row.tokens), len(row.tokens) + len(reading.fed) - depth
        if end > begin:
            parts.append(Part(begin, end, _ranges(path)))
        row.tokens += reading.fed[depth:]
        row.positions += range(depth, len(reading.fed))
        path += range(begin, end)
        for member in reading.members:
            span = spans[member]
            for at, token in zip(path[span.start - 1 - kept :], span.scored, strict=True):
                row.targets.append((places.setdefault(at, len(places)), token))
            row.owners.append((member, len(span.scored)))
    row.picked = list(places)
    row.blocks = list(_blocks(parts, block))
    return row


def _blocks(parts: Sequence[Part], size: int) -> Iterator[Block]:
    block: list[Part] = []
    room = size
    for piece in (piece for part in parts for piece in _pieces(part, size)):
        if piece.end - piece.begin > room:
            yield Block(tuple(block))
            block, room = [], size
        block.append(piece)
        room -= piece.end - piece.begin
    if block:
        yield Block(tuple(block))


def _pieces(part: Part, size: int) -> Iterator[Part]:
    for begin in range(part.begin, part.end, size):
        before = part.before if begin == part.begin else (*part.before, (part.begin, begin))
        yield Part(begin, min(begin + size, part.end), _merged(before))


def _ranges(places: Sequence[int]) -> tuple[Range, ...]:
    return _merged([(place, place + 1) for place in places])


def _merged(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """Join ranges, sorted by where they begin, that touch or overlap."""
    found: list[Range] = []
    for begin, end in ranges:
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)
