"""What a whole chain transferred: the matrix R, BWT and the mean forgetting, with their errors.

A chain teaches: the base general knowledge, SFT its domain, alignment its own tasks; BWT needs that
assignment and says it. :mod:`harness.stats.continual` has the measures without errors.
"""

from collections.abc import Mapping, Sequence

from harness.analysis.chains import Cells, shared_places
from harness.analysis.rows import normalised
from harness.evidence import Evidence
from harness.records import Capability, Stage
from harness.results import Transfer
from harness.stats.bootstrap import NO_VARIANCE
from harness.stats.influence import Contrast, mean_of
from harness.stats.intervals import Bounds, built

TEACHES: Mapping[Stage, Capability] = {
    "base": "general",
    "cpt": "domain",
    "sft": "domain",
    "aligned": "alignment",
}
Matrix = list[list[Contrast | None]]


def taught_by(chain: Sequence[str], cells: Cells) -> dict[str, Capability]:
    """Return what each stage of a chain teaches; of several that teach the same, the last does."""
    stages = {
        name: next(iter(cells[name].values())).identity.stage for name in chain if cells.get(name)
    }
    last: dict[Capability, str] = {TEACHES[s]: name for name, s in stages.items() if s in TEACHES}
    return {name: capability for capability, name in last.items()}


def matrix_of(rows: Sequence[Mapping[str, Evidence]], taught: Mapping[str, Capability]) -> Matrix:
    """Return R: mean score after stage i (line) on the rows of the group that stage j teaches.

    ``rows`` hold each row's comparable cells by checkpoint. Only rows that every teaching stage has
    enter a mean, over the documents that all of them share, so that all are judged on the same; a
    group without such a row is missing.
    """
    by_group: dict[Capability, list[dict[str, Contrast]]] = {}
    for row in rows:
        scores = _scores([row[name] for name in taught if name in row])
        if set(scores) == set(taught):
            by_group.setdefault(next(iter(row.values())).identity.capability, []).append(scores)
    columns = []
    for capability in taught.values():
        whole = by_group.get(capability)
        columns.append(
            [mean_of([scores[name] for scores in whole]) if whole else None for name in taught]
        )
    return [list(line) for line in zip(*columns, strict=True)]


def values_of(matrix: Matrix) -> tuple[tuple[float | None, ...], ...]:
    """Return the matrix without its errors."""
    return tuple(tuple(None if x is None else x.value for x in line) for line in matrix)


def transfers(
    matrix: Matrix, taught: Mapping[str, Capability], confidence: float
) -> tuple[Transfer, ...]:
    """Return the chain's measures, each with its own denominator.

    A measure that would need a missing group is missing.
    """
    t = len(matrix)
    if t < 2:
        return ()
    lacking = [
        group for group, own in zip(taught.values(), _diagonal(matrix), strict=True) if own is None
    ]
    missing = f"no row of {' and '.join(lacking)} that all of {', '.join(taught)} have"
    last, own = matrix[-1], _diagonal(matrix)
    fallen = [_difference(last[i], own[i]) for i in range(t)]
    lost = [_difference(_best(matrix, j), last[j]) for j in range(t - 1)]
    earlier = f"T - 1 = {t - 1} earlier group{'s' if t > 2 else ''}"
    return (
        _transfer("BWT", fallen[:-1], (earlier, missing), confidence),
        _transfer("BWT (TRACE)", fallen, (f"T = {t} groups", missing), confidence),
        _transfer("mean forgetting from the best stage", lost, (earlier, missing), confidence),
    )


def _scores(cells: Sequence[Evidence]) -> dict[str, Contrast]:
    if not cells:
        return {}
    found = {
        cell.identity.checkpoint: normalised(cell, places)
        for cell, places in zip(cells, shared_places(cells), strict=True)
    }
    return {name: score for name, score in found.items() if score is not None}


def _best(matrix: Matrix, group: int) -> Contrast | None:
    scores = [line[group] for line in matrix[:-1]]
    known = [score for score in scores if score is not None]
    return max(known, key=lambda score: score.value) if len(known) == len(scores) else None


def _diagonal(matrix: Matrix) -> list[Contrast | None]:
    return [matrix[i][i] for i in range(len(matrix))]


def _difference(after: Contrast | None, before: Contrast | None) -> Contrast | None:
    return None if after is None or before is None else after - before


def _transfer(
    name: str, terms: Sequence[Contrast | None], said: tuple[str, str], confidence: float
) -> Transfer:
    known = [term for term in terms if term is not None]
    denominator, missing = said
    if len(known) < len(terms):
        return Transfer(name=name, value=None, denominator=denominator, missing=missing)
    mean = mean_of(known)
    bounds: Bounds = mean.interval(confidence) if mean.standard_error else NO_VARIANCE
    value = built(mean.value, "linearised", bounds, len(known), confidence)
    return Transfer(name=name, value=value, denominator=denominator)
