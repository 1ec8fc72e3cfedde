"""Everything that is said of some checkpoints against one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.records import Capability, Estimate, Stage
from harness.results.divergence import Drift
from harness.results.forgetting import Forgetting, Trajectories
from harness.results.split import Split
from harness.results.stages import Change, Reason
from harness.results.tax import LeftOut, TaxStatement
from harness.results.training import Curve, Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One of the checkpoints."""

    name: str
    """As it was asked for: a baseline, a checkpoint, ``family:checkpoint``."""
    checkpoint: str
    """Its name in the family."""
    family: str
    stage: Stage
    parent: str | None
    fingerprint: str | None
    """None if nothing is known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One metric of one table row at the reference and at the candidate, in its own scale."""

    row: str
    task: str
    capability: Capability
    language: str
    metric: str
    unit: str
    higher_is_better: bool | None
    """None: neither way is better."""
    before: Estimate | None
    """The reference's, over the shared documents; None: nothing can be compared."""
    after: Estimate | None
    """The candidate's."""
    change: Change
    seen_of: str | None = None
    """The held-out task, where the row is a sample of what was tuned on."""
    adjusted: float | None = None
    """``p`` after Benjamini and Hochberg's correction over the rows of this comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGroup:
    """How perplexity moved in one domain: a capability in a language."""

    capability: Capability
    language: str
    metric: str
    unit: str
    rows: tuple[str, ...]
    mean: Estimate
    """Candidate minus reference, each row with the same weight; its ``n`` counts rows."""
    qualified: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """What a quantized checkpoint lost of the one that it was made from."""

    statement: TaxStatement
    """Against its parent, over all capabilities."""
    drift: tuple[DriftGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """One candidate against the reference."""

    reference: str
    candidate: str
    rows: tuple[Shift, ...]
    """The primary metric of every row that both have."""
    tax: TaxStatement
    formats: tuple[Split, ...]
    """By task: capability and format."""
    extractions: tuple[Split, ...]
    """By row of generated answers: extraction and accuracy."""
    drift: tuple[DriftGroup, ...]
    divergence: Drift | None
    """KL to the reference per token, on old and on new text; None: it wasn't measured."""
    calibration: tuple[Shift, ...]
    behaviour: tuple[Shift, ...]
    """Statuses, lengths, repetition and diversity of generated answers."""
    quantization: Quantization | None
    """None: it isn't a quantized checkpoint, or its parent has no evidence."""
    unsaid: Mapping[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    """By what can't be said (``format``, ``extraction``, ``divergence``, ``quantization``): where,
    and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two siblings against each other, over the tasks that both have."""

    first: str
    second: str
    gain: Estimate | None
    """Second minus first on the tasks whose gain was sought, normalised."""
    kept: Estimate | None
    """Likewise on those that should be kept: a positive one is less tax."""
    dominates: str | None
    """The one that is at least as good in both and better beyond the interval in one."""
    missing: str | None = None
    """Why they can't be told apart at all."""
    qualified: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Which siblings aren't beaten by another one in gain and tax together."""

    siblings: tuple[str, ...]
    why: str
    """What makes them siblings: ``from sft``, ``stage aligned``."""
    members: tuple[str, ...]
    """Those that no sibling dominates; that includes those which can't be told apart."""
    dominated: Mapping[str, tuple[str, ...]]
    """The others, by which siblings each is dominated."""
    duels: tuple[Duel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Some checkpoints, taken as a chain in the order given, against one of them."""

    reference: str
    checkpoints: tuple[Compared, ...]
    """In the order given."""
    against: tuple[Against, ...]
    """One for each checkpoint but the reference."""
    forgetting: Forgetting
    trajectories: tuple[Trajectories, ...]
    gaps: tuple[Gap, ...]
    curves: tuple[Curve, ...]
    fronts: tuple[Front, ...]
    siblings: Mapping[str, tuple[str, ...]]
    """By checkpoint the siblings that the store has and that weren't asked for."""
    unsaid: Mapping[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    """By what can't be said of the chain (``items``, ``gap``): where, and why."""
    confidence: float = 0.95

    @property
    def compares(self) -> bool:
        """Whether any difference could be made."""
        return any(shift.change.difference for found in self.against for shift in found.rows)
