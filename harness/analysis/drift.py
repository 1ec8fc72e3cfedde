"""Drift: what moved without being a score. Perplexity by domain, calibration, behaviour.

A domain is a capability in a language. Perplexity has neither chance nor ceiling and enters no tax;
bits per byte is the only unit of it that survives a changed tokenizer.
"""

from collections.abc import Mapping, Sequence

from harness.analysis.answers import LENGTHS, STATUSES
from harness.analysis.shifts import shifts
from harness.evidence import Known
from harness.records import Capability, Estimate
from harness.results import DriftGroup, Shift
from harness.stats.recovery import mean_interval

CALIBRATION = ("ece", "brier")
DIVERSITY = ("repetition", "ead", "distinct_1", "distinct_2", "distinct_3", "self_bleu", "length")
_RARE = frozenset((*STATUSES, "repetition"))
BITS = "bits/byte"


def perplexity_drift(rows: Sequence[Shift]) -> tuple[DriftGroup, ...]:
    """Return the mean change of bits per byte by domain, over ``rows`` of primary metrics.

    Rows of one domain are independent texts with the same weight. A row without a paired difference
    is in no group.
    """
    by_domain: dict[tuple[Capability, str, str], list[Shift]] = {}
    for row in rows:
        if row.unit == BITS and row.change.difference is not None:
            by_domain.setdefault((row.capability, row.language, row.metric), []).append(row)
    return tuple(_group(found) for found in by_domain.values())


def general_drift(rows: Sequence[Shift]) -> Estimate | None:
    """Return the mean change of bits per byte over all general texts; None if there is none.

    As :func:`perplexity_drift`, the languages taken together.
    """
    deltas = [
        row.change.difference.estimate
        for row in rows
        if row.unit == BITS and row.capability == "general" and row.change.difference is not None
    ]
    return mean_interval(deltas) if deltas else None


def calibration_drift(
    reference: Mapping[str, Known], candidate: Mapping[str, Known], seed: int, confidence: float
) -> tuple[Shift, ...]:
    """Return what the calibration errors did, where probabilities of letters were scored."""
    return shifts(reference, candidate, CALIBRATION, seed, confidence)


def behaviour_drift(
    reference: Mapping[str, Known], candidate: Mapping[str, Known], seed: int, confidence: float
) -> tuple[Shift, ...]:
    """Return what statuses, lengths, repetition and diversity of generated answers did.

    A status that neither side has is left out, and repetition where nothing was repeated.
    """
    names = (*STATUSES, *LENGTHS, *DIVERSITY)
    found = shifts(reference, candidate, names, seed, confidence)
    return tuple(row for row in found if row.metric not in _RARE or _occurs(row))


def _occurs(row: Shift) -> bool:
    return any(end is not None and end.value > 0 for end in (row.before, row.after))


def _group(rows: Sequence[Shift]) -> DriftGroup:
    first = rows[0]
    differences = [row.change.difference for row in rows if row.change.difference is not None]
    reasons = [r for row in rows if (c := row.change.comparability) for r in c.reasons]
    return DriftGroup(
        capability=first.capability,
        language=first.language,
        metric=first.metric,
        unit=first.unit,
        rows=tuple(row.row for row in rows),
        mean=mean_interval([difference.estimate for difference in differences]),
        qualified=tuple(dict.fromkeys(reasons)),
    )
