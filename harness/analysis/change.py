"""What one checkpoint changed against another on one row.

"gained" and "lost" are said only where the interval excludes zero and both cells were asked the
same way; asked differently it is "changed".
"""

import numpy as np

from harness.analysis.comparability import Pairing, compare
from harness.evidence import Evidence, Scores
from harness.records import digest
from harness.results import Change, Comparability, Difference, Wording
from harness.stats.paired import paired_difference


def word(difference: Difference, comparability: Comparability, higher_is_better: bool) -> Wording:
    """Return the one word that may be said of a difference."""
    if comparability.verdict == "INCOMPARABLE":
        return "not comparable"
    low, high = difference.estimate.low, difference.estimate.high
    if low is None or high is None or low <= 0 <= high:
        return "no clear change"
    if comparability.verdict == "QUALIFIED":
        return "changed"
    return "gained" if (low > 0) == higher_is_better else "lost"


def change(reference: Evidence, candidate: Evidence, seed: int, confidence: float = 0.95) -> Change:
    """Return what the candidate's primary metric changed against the reference."""
    pairing = compare(reference, candidate)
    named, comparability = reference.identity.checkpoint, pairing.comparability
    if comparability.verdict == "INCOMPARABLE":
        return Change(
            reference=named,
            difference=None,
            comparability=comparability,
            wording="not comparable",
            missing=", ".join(map(str, comparability.reasons)),
        )
    difference = paired_difference(
        *paired_scores(reference, candidate, pairing),
        [candidate.clusters[i] for i in pairing.candidate],
        generator(seed, reference, candidate),
        confidence,
    )
    return Change(
        reference=named,
        difference=difference,
        comparability=comparability,
        wording="not comparable"
        if difference is None
        else word(difference, comparability, candidate.primary.info.higher_is_better),
        missing="the metric has no value on the shared documents" if difference is None else None,
    )


def generator(seed: int, *cells: Evidence) -> np.random.Generator:
    """Return the generator for one number: made from the seed and from what the number is about.

    So the same evidence gives the same interval in whatever table it stands, and a comparison that
    is turned round has the same one, turned round.
    """
    about = [seed, *sorted(f"{e.identity.cell}|{e.primary.info.signature}" for e in cells)]
    return np.random.default_rng(int(digest(about), 16))


def paired_scores(
    reference: Evidence, candidate: Evidence, pairing: Pairing
) -> tuple[Scores, Scores]:
    """Return the primary metrics' rows over the shared documents, in one order."""
    sides = ((reference.primary, pairing.reference), (candidate.primary, pairing.candidate))
    before, after = (
        Scores(info=scores.info, rows=scores.rows[list(places)]) for scores, places in sides
    )
    return before, after
