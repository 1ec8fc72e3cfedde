"""What a gate will be able to see, before it judges: power, documents needed, items expected."""

from dataclasses import dataclass

__all__ = ["Expected", "Outlook", "RuleOutlook"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a sequential gate asks where the true difference is known; by simulation."""

    difference: float
    """Candidate minus reference, oriented, own scale."""
    items: float
    """Documents, on average."""
    tenth: float
    """One of ten gates asks more than this."""
    passed: float
    """The share of gates that end in PASS."""
    regressed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutlook:
    """One rule on one table row, or on a group of rows, against one reference."""

    rule: str
    row: str
    reference: str
    metric: str = ""
    unit: str = ""
    margin: float = 0.0
    """Own scale."""
    alpha: float = 0.05
    documents: int = 0
    """That are wanted."""
    units: int = 0
    """Independent documents or clusters among them."""
    detectable: float | None = None
    """The smallest loss that is seen with 80 % power, own scale."""
    needed: int | None = None
    """Documents that the margin takes to be seen with 80 % power."""
    allowed: bool = True
    """False: the gate refuses the margin (exit 2)."""
    assumed: bool = False
    """How much the differences vary was assumed; a gate goes by what it finds, if that is less."""
    power: float | None = None
    """The chance of a PASS where nothing changed."""
    coverage: float | None = None
    """With a candidate: the share of the documents that both sides have."""
    expected: tuple[Expected, ...] = ()
    """Of a sequential gate: at no change, at twice the margin, at ten points of loss."""
    not_sequential: str | None = None
    """Why a sequential gate can't judge it."""
    missing: str | None = None
    """Why the gate would say INCOMPARABLE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A whole gate."""

    baseline: str
    candidate: str | None
    policy: str
    policy_hash: str
    rules: tuple[RuleOutlook, ...]
    alpha: float
    """The chance of a false PASS where any rule's margin is reached, and of any false REGRESSED."""
    all_pass: float | None
    """The chance that every rule passes where nothing changed; None if one has no power known."""
    reasons: tuple[str, ...] = ()
    """What is left out, and why."""
