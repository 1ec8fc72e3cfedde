"""What a report says, as frozen values; pages and JSON are renderings of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.evidence import Aggregate
from harness.metrics.metric import MetricInfo
from harness.records import JSON, Stage, Status
from harness.results import Comparison, StageTable, Wording
from harness.store.verdicts import StoredVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one checkpoint answered about a document."""

    checkpoint: str
    right: bool | None
    """None: the metric isn't right or wrong per document."""
    value: float | None
    """The row's metric over this document alone, own scale."""
    status: Status
    limited: bool
    """Whether it ended at its limit of tokens."""
    text: str
    """The middle of a long one is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One document that a checkpoint lost or won, along the chain that leads to it."""

    row: str
    document: str
    turn: Wording
    """``lost`` or ``gained`` at the last checkpoint."""
    of: int
    """How many documents of the row turned so."""
    n: int
    """Of how many that were followed."""
    metric: str
    unit: str
    asked: str
    """The first stage's prompt, the middle of a long one left out."""
    wanted: str
    """In words; empty where nothing is."""
    answers: tuple[Answer, ...]
    """In the order of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The way from a root to one checkpoint."""

    comparison: Comparison
    """All of the chain against the root."""
    examples: tuple[Example, ...]
    silent: tuple[str, ...]
    """Rows that have turned documents and whose texts aren't shown, with why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How one row is measured."""

    row: str
    kind: str
    version: int
    language: str
    info: MetricInfo
    documents: int
    """Scored ones, the most of any checkpoint."""
    intervals: tuple[str, ...]
    asked: str
    """Backend and numerics: ``hf, float32, max_length 1024``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One checkpoint."""

    name: str
    stage: Stage
    parent: str | None
    fingerprint: str | None
    """None: it has no cell."""
    documents: int
    """Answers with a score, over all rows."""
    attributes: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the evidence is from."""

    checkpoints: tuple[Origin, ...]
    machines: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]
    """Package -> the versions that evidence was made with."""
    dates: tuple[str, str] | None
    """Days (UTC) of the first and the last run that asked something; None if none did."""
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything about one family."""

    family: str
    table: StageTable
    stated: tuple[Aggregate, ...]
    """Numbers that somebody else computed, without records behind them."""
    whole: tuple[Comparison, ...]
    """All compared checkpoints of a lineage against its root, one for each root."""
    steps: tuple[Comparison, ...]
    """Each compared checkpoint against its parent, parents first."""
    chains: tuple[Chain, ...]
    """To each aligned checkpoint without children; where there is none, to each without."""
    left_out: tuple[str, ...]
    """Checkpoints that aren't compared, with why."""
    verdicts: tuple[StoredVerdict, ...]
    """Of each baseline, candidate of the family as it is now, and policy the last, oldest first."""
    methods: tuple[Method, ...]
    provenance: Provenance
    share_safe: bool
