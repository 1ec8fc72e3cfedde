"""One verdict: everything that a gate found, from which text, JSON, Markdown and JUnit are made."""

from dataclasses import dataclass
from typing import Literal

from harness.records import Capability, Estimate

Decision = Literal["PASS", "REGRESSED", "INCONCLUSIVE", "INCOMPARABLE"]
OnInconclusive = Literal["fail", "warn", "pass"]

EXIT_CODES: dict[Decision, int] = {
    "PASS": 0,
    "REGRESSED": 1,
    "INCONCLUSIVE": 3,
    "INCOMPARABLE": 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How a sequential test ended."""

    n: int
    """Units (documents or clusters) that were looked at."""
    of: int
    target: Literal["distribution", "benchmark"]
    ln_passing: float
    """ln of the e-value against "worse by the margin or more"."""
    ln_failing: float
    certified: bool
    """Stopped early with certainty, not by the look at all units."""
    order: str
    """Hash of the order, which was fixed and stored before the first document was asked."""
    ln_needed: float | None = None
    """ln of the e-value that certifies a PASS; REGRESSED takes ``tests`` times as much."""
    tests: int = 1
    """How many rules were judged together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """One rule on one table row, or on a group of rows, against one reference."""

    rule: str
    """As the policy says it: ``task medical_*``."""
    row: str
    """The table row, or ``group general``."""
    capability: Capability | None
    reference: str
    metric: str
    unit: str
    margin: float
    """In the metric's own scale; positive."""
    alpha: float
    decision: Decision
    estimate: Estimate | None = None
    """Candidate minus reference, oriented: positive is better; interval two-sided 1 - 2 alpha."""
    p_pass: float | None = None
    p_regressed: float | None = None
    """Before correction. Of a sequential rule these two are those of the look at all units."""
    adjusted: float | None = None
    """``p_regressed`` after Holm's correction over all rules."""
    declined: bool = False
    """Worse for sure, though maybe within the margin."""
    detectable: float | None = None
    """The smallest difference that this many units can show, own scale."""
    coverage: float | None = None
    """Share of the wanted documents that both sides have."""
    required: float | None = None
    """The share that the policy wants."""
    stopped: Stopped | None = None
    reasons: tuple[str, ...] = ()
    """Why it isn't PASS, or what a PASS rests on."""
    inconclusive: OnInconclusive = "fail"
    """What INCONCLUSIVE means for this rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The gate's answer."""

    decision: Decision
    """Over all rules: REGRESSED, else INCOMPARABLE, else INCONCLUSIVE, else PASS."""
    exit_code: int
    baseline: str
    candidate: str
    policy: str
    """Where the policy is from."""
    policy_hash: str
    rules: tuple[RuleVerdict, ...]
    alpha: float
    """The chance of a PASS where any rule's margin is reached, and of any false REGRESSED."""
    reasons: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    """Rows with evidence that no rule speaks of."""
