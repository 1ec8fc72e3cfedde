"""Was it forgotten, or only asked in another way, or answered in another form?

Format: a checkpoint's capability is what its best variant scores; its gap is what it loses on that
by being asked natively. With m the native scores, m_s - m_r = (cap_s - cap_r) + (gap_r - gap_s).
The best variant is picked on a fifth of the documents and scored on the others: a maximum picked
and scored on the same ones would be too high (OLMES, Gu et al. 2024, picks among CF and MCF so).

Extraction: generated answers are right with p where an answer was found, which is for the share e.
acc = e p, and the change is mean(e) dp + mean(p) de exactly (Kitagawa 1955).
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from harness.analysis.chains import shared_places
from harness.analysis.comparability import compare
from harness.analysis.rows import said
from harness.evidence import Evidence
from harness.metrics.metric import MetricInfo
from harness.records import Estimate
from harness.results import Split, Term
from harness.stats.bootstrap import NO_VARIANCE, value_of
from harness.stats.influence import Contrast, contrast, unit_ids
from harness.stats.intervals import Bounds, built, is_binary

_PICKED_ON = 5  # one document in so many chooses the variant
_RATIO = MetricInfo(name="p", signature="p", columns=("right", "found"), aggregate="ratio")


def format_split(
    reference: Sequence[Evidence], candidate: Sequence[Evidence], confidence: float = 0.95
) -> Split | str:
    """Split a task's native change into capability and format; else say why it can't be.

    Each side holds the task's cells of one checkpoint, asked in several ways.
    """
    cells = [*reference, *candidate]
    native = [_native(side) for side in (reference, candidate)]
    if native[0] is None or native[1] is None:
        return "not asked natively"
    if len(reference) == len(candidate) == 1:
        return "asked in one way only; run formats [plain, chat]"
    obstacle = _obstacle(cells, (native[0], native[1]))
    if obstacle is not None:
        return obstacle
    places = shared_places(cells)
    picks = np.array([_picks(cells[0].documents[i]) for i in places[0]], dtype=bool)
    if not picks.any() or picks.all():
        return "too few shared documents"
    scores = {
        c.identity.cell: _score(c, [i for i, pick in zip(at, picks, strict=True) if not pick])
        for c, at in zip(cells, places, strict=True)
    }
    chosen = {
        c.identity.cell: value_of(c.primary.info, c.primary.rows[np.array(at)[picks]])
        for c, at in zip(cells, places, strict=True)
    }
    best = [_best(side, chosen) for side in (reference, candidate)]
    found = [scores[c.identity.cell] for c in (native[0], native[1], best[0], best[1])]
    if any(score is None for score in found):
        return "the metric has no value on the shared documents"
    m_r, m_s, cap_r, cap_s = (score for score in found if score is not None)
    asked, best_asked = (" → ".join(map(_way, pair)) for pair in (native, best))
    detail = f"native {asked}; best {best_asked}, picked on {int(picks.sum())} others"
    terms = {"capability": cap_s - cap_r, "format": (cap_r - m_r) - (cap_s - m_s)}
    return _split((native[0], native[1]), terms, detail, int((~picks).sum()), confidence)


def extraction_split(
    reference: Evidence, candidate: Evidence, confidence: float = 0.95
) -> Split | str:
    """Split a change of accuracy of generated answers into extraction and accuracy when extracted.

    An answer counts as extracted when its status is ``ok``. Else say why it can't be split.
    """
    cells = (reference, candidate)
    comparability = compare(reference, candidate).comparability
    if comparability.verdict == "INCOMPARABLE":
        return said(comparability)
    places = shared_places(cells)
    rows = [c.primary.rows[at] for c, at in zip(cells, places, strict=True)]
    if not places[0] or not all(
        is_binary(c.primary.info, r) for c, r in zip(cells, rows, strict=True)
    ):
        return "the metric isn't right or wrong per document"
    shares, given = [], []
    for cell, at, side in zip(cells, places, rows, strict=True):
        found = np.array([cell.statuses[i] == "ok" for i in at], dtype=np.float64)
        if (side[:, 0] > found).any():
            return "answers count as right without having been extracted"
        units = unit_ids(cell.identity.task, *_named(candidate, places[1]))
        shares.append(contrast(_RATIO, np.column_stack([found, np.ones(len(at))]), units))
        given.append(contrast(_RATIO, np.column_stack([side[:, 0], found]), units))
    (e_r, e_s), (p_r, p_s) = shares, given
    if e_r is None or e_s is None or p_r is None or p_s is None:
        return "one side has no extracted answer"
    terms = {
        "extraction": ((p_r + p_s) * 0.5).times(e_s - e_r),
        "accuracy when extracted": ((e_r + e_s) * 0.5).times(p_s - p_r),
    }
    detail = f"extracted {100 * e_r.value:.1f} % and {100 * e_s.value:.1f} %"
    return _split(cells, terms, detail, len(places[0]), confidence)


def _obstacle(cells: Sequence[Evidence], native: tuple[Evidence, Evidence]) -> str | None:
    """Return why scores of the ways of asking can't stand beside each other."""
    comparability = compare(*native).comparability
    if comparability.verdict == "INCOMPARABLE":
        return said(comparability)
    infos = [c.primary.info for c in cells]
    scales = {(info.unit, info.higher_is_better, info.ceiling, info.aggregate) for info in infos}
    names = [info.name for info in infos]
    if len(scales) > 1:  # accuracy per letter and per text are both shares of right answers
        return f"the ways of asking have other metrics: {', '.join(dict.fromkeys(names))}"
    return None


def _native(side: Sequence[Evidence]) -> Evidence | None:
    """Return the cell of the default formulation, plain for a base and chat for the rest."""
    wanted = "plain" if side[0].identity.stage in ("base", "cpt") else "chat"
    return next(
        (
            c
            for c in side
            if c.identity.variant.format == wanted
            and c.identity.variant.formulation not in c.identity.row.split(":")
        ),
        None,
    )


def _way(cell: Evidence | None) -> str:
    return (
        ""
        if cell is None
        else f"{cell.identity.variant.formulation} {cell.identity.variant.format}"
    )


def _picks(document: str) -> bool:
    return blake2b(document.encode()).digest()[0] % _PICKED_ON == 0


def _best(side: Sequence[Evidence], chosen: dict[str, float]) -> Evidence:
    sign = 1 if side[0].primary.info.higher_is_better else -1
    return max(
        side, key=lambda c: sign * np.nan_to_num(chosen[c.identity.cell], nan=-np.inf * sign)
    )


def _score(cell: Evidence, places: Sequence[int]) -> Contrast | None:
    units = unit_ids(cell.identity.task, *_named(cell, places))
    return contrast(cell.primary.info, cell.primary.rows[list(places)], units)


def _named(cell: Evidence, places: Sequence[int]) -> tuple[list[str], list[str | None]]:
    return [cell.documents[i] for i in places], [cell.clusters[i] for i in places]


def _split(
    cells: Sequence[Evidence],
    terms: dict[str, Contrast],
    detail: str,
    n: int,
    confidence: float,
) -> Split:
    def estimated(part: Contrast) -> Estimate:
        bounds: Bounds = part.interval(confidence) if part.standard_error else NO_VARIANCE
        return built(part.value, "linearised", bounds, n, confidence)

    first, *others = terms.values()
    total = first
    for other in others:
        total = total + other
    return Split(
        task=cells[1].identity.task,
        metric=cells[1].primary.info.name,
        unit=cells[1].primary.info.unit,
        reference=cells[0].identity.checkpoint,
        candidate=cells[1].identity.checkpoint,
        total=estimated(total),
        terms=tuple(Term(name=name, estimate=estimated(part)) for name, part in terms.items()),
        detail=detail,
    )
