"""gate.yaml -> a frozen Policy: what may get worse, by how much, and how sure one must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.errors import SpecError
from harness.records import Capability, digest
from harness.results import OnInconclusive
from harness.stats.betting import FLIPS
from harness.yaml_source import YamlSource

DEFAULT_MARGINS = {"%": 2.0, "points": 2.0, "bits/byte": 0.02, "ppl": 0.5, "nats": 0.05, "": 0.02}
"""By unit, as the unit is shown; of the policy that counts when none is given."""
_SHOWN = {"%": 100.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one task, some tasks or a group may lose."""

    pattern: str | None
    """Of table rows and task names, with wildcards; None for a group."""
    group: Capability | None
    margin: float | None
    """As the metric's unit is shown (2 = two points); None: :data:`DEFAULT_MARGINS`."""
    margins: Mapping[str, float] = field(default_factory=dict)
    """By unit, where the rule gives them so; they go before ``margin``."""
    metric: str | None
    """None: each task's primary metric."""
    direction: Literal["higher", "lower"] | None
    """What is better; None: as the metric says."""
    coverage: float
    alpha: float
    inconclusive: OnInconclusive
    allow_underpowered: bool
    flips: float
    """Expected share of documents whose outcome differs; plans the power, never the verdict."""
    accept: tuple[str, ...]
    """Reason codes of QUALIFIED comparisons that are fine here."""

    @property
    def name(self) -> str:
        """``task medical_*`` or ``group general``."""
        return f"task {self.pattern}" if self.group is None else f"group {self.group}"

    def matches(self, row: str, task: str) -> bool:
        """Tell whether a rule about tasks speaks of a row, by name or by a wildcard."""
        if self.pattern is None:
            return False
        return fnmatchcase(row, self.pattern) or fnmatchcase(task, self.pattern)

    def names(self, row: str, task: str) -> bool:
        """Tell whether a rule names a row or task itself, not by a wildcard."""
        return self.pattern in (row, task)

    def stated_margin(self, unit: str) -> float | None:
        """Return the margin in a metric's own scale; None for a unit without one."""
        otherwise = DEFAULT_MARGINS.get(unit) if self.margin is None else self.margin
        shown = self.margins.get(unit, otherwise)
        return None if shown is None else shown / _SHOWN.get(unit, 1.0)

    def own_margin(self, unit: str) -> float:
        """Return the margin in a metric's own scale.

        Raises SpecError for a unit without a default, and for a proportion's whole range.
        """
        margin = self.stated_margin(unit)
        if margin is None:
            raise SpecError(f"gate: {self.name}: a metric in {unit!r} needs a margin of its own")
        if unit in _SHOWN and margin >= 1:
            shown = f"{margin * _SHOWN[unit]:g}"
            raise SpecError(f"gate: {self.name}: a margin of {shown} points allows any loss")
        return margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole gate.yaml."""

    source: str
    rules: tuple[Rule, ...]
    """The first that matches a row counts; group rules all count."""
    alpha: float
    anchor: str | None
    """A pinned checkpoint or baseline, besides the predecessor, against creep."""
    sequential_target: Literal["distribution", "benchmark"]
    seed: int

    @property
    def hash(self) -> str:
        """The sha256 of all that decides; the file's name doesn't enter."""
        rules = [
            {name: getattr(rule, name) for name in Rule.__slots__}
            | {"accept": list(rule.accept), "margins": dict(rule.margins)}
            for rule in self.rules
        ]
        return digest([rules, self.alpha, self.anchor, self.sequential_target, self.seed])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Share = Annotated[float, Field(gt=0, le=1)]
Alpha = Annotated[float, Field(gt=0, lt=0.5)]
Margin = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Unit = Literal["%", "points", "bits/byte", "ppl", "nats", ""]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Defaults(_Strict):
    coverage: Share | None = None
    alpha: Alpha | None = None
    inconclusive: OnInconclusive | None = None
    allow_underpowered: bool | None = None
    flips: Share | None = None
    accept: list[Name] | None = None


class _RuleEntry(_Defaults):
    task: Name | None = None
    group: Capability | None = None
    margin: Margin | dict[Unit, Margin] | None = None
    metric: Name | None = None
    direction: Literal["higher", "lower"] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "_RuleEntry":
        if (self.task is None) == (self.group is None):
            raise ValueError("a rule has either `task` (wildcards allowed) or `group`")
        return self


class _File(_Defaults):
    anchor: Name | None = None
    target: Literal["distribution", "benchmark"] = "distribution"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    rules: Annotated[list[_RuleEntry], Field(min_length=1)]


def overridden(
    policy: Policy, anchor: str | None = None, inconclusive: OnInconclusive | None = None
) -> Policy:
    """Return a policy with what the command line says over it; None leaves it as it is."""
    rules = policy.rules
    if inconclusive is not None:
        rules = tuple(replace(rule, inconclusive=inconclusive) for rule in rules)
    return replace(policy, anchor=anchor or policy.anchor, rules=rules)


def load_policy(path: Path | None) -> Policy:
    """Read a gate.yaml; None: every task may lose :data:`DEFAULT_MARGINS`.

    Raises SpecError with file, line and key.
    """
    if path is None:
        return _policy(_File(rules=[_RuleEntry(task="*")]), "built-in policy")
    return _policy(YamlSource.read(path).validate(_File), str(path))


def _policy(file: _File, source: str) -> Policy:
    alpha = file.alpha or 0.05
    return Policy(
        source=source,
        rules=tuple(_rule(entry, file, alpha) for entry in file.rules),
        alpha=alpha,
        anchor=file.anchor,
        sequential_target=file.target,
        seed=file.seed,
    )


def _rule(entry: _RuleEntry, file: _File, alpha: float) -> Rule:
    def either(name: str) -> object:
        own = getattr(entry, name)
        return getattr(file, name) if own is None else own

    underpowered, accept, margin = either("allow_underpowered"), either("accept"), entry.margin
    return Rule(
        pattern=entry.task,
        group=entry.group,
        margin=None if isinstance(margin, dict) else margin,
        margins={str(u): m for u, m in margin.items()} if isinstance(margin, dict) else {},
        metric=entry.metric,
        direction=entry.direction,
        coverage=entry.coverage or file.coverage or 1.0,
        alpha=entry.alpha or alpha,
        inconclusive=entry.inconclusive or file.inconclusive or "fail",
        allow_underpowered=bool(underpowered),
        flips=entry.flips or file.flips or FLIPS,
        accept=tuple(accept) if isinstance(accept, list) else (),
    )
