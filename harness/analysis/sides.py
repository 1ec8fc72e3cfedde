"""The checkpoints of a comparison: from names to cells that go by those names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.analysis.answers import all_described
from harness.analysis.subjects import Subject, find_subject, subject_of
from harness.errors import EvidenceError, UsageError
from harness.evidence import Evidence, Known
from harness.records import JSON
from harness.results import Compared
from harness.store import Store


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One checkpoint of a comparison."""

    named: Compared
    rows: Mapping[str, Known]
    """Its cells by table row; they go by the name that was asked for."""
    attributes: Mapping[str, JSON]
    origin: "Side | None" = None
    """What a quantized checkpoint was made from, if anything is known of it."""
    siblings: tuple[str, ...] = ()
    """Other checkpoints of the family with its parent, or aligned as it is, that have evidence."""

    @property
    def name(self) -> str:
        """As it was asked for."""
        return self.named.name

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The rows with records."""
        return {row: cell for row, cell in self.rows.items() if isinstance(cell, Evidence)}


def find_sides(store: Store, names: Sequence[str]) -> list[Side]:
    """Return what names stand for; a single one gets its parent in front of it.

    Raises UsageError for a name that stands twice and for a single root, EvidenceError for a name
    that stands for nothing, and for a checkpoint without evidence.
    """
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise UsageError(f"{twice}: named twice; name each checkpoint once")
    subjects = [find_subject(store, name) for name in names]
    if len(subjects) == 1:
        parent = _parent(store, subjects[0])
        if parent is None:
            raise UsageError(
                f"{names[0]}: the store knows no parent of it; name what it is compared with first"
            )
        subjects.insert(0, parent)
    return [_side(store, subject) for subject in [*map(_evident, subjects)]]


def family_sides(store: Store, account: Mapping[str, JSON], names: Sequence[str]) -> list[Side]:
    """Return checkpoints of one family's account by their own names; no baseline hides one.

    Raises EvidenceError for a name that the family doesn't have and for a checkpoint without
    evidence.
    """
    known = [checkpoint["name"] for checkpoint in account["checkpoints"]]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise EvidenceError(f"{account['family']}: no checkpoint {unknown!r}")
    return [_side(store, _evident(subject_of(store, account, name))) for name in names]


def _evident(subject: Subject) -> Subject:
    if not (subject.rows or subject.stated):
        raise EvidenceError(f"{subject.name}: the store has no evidence of it; run it first")
    return subject


def _parent(store: Store, subject: Subject) -> Subject | None:
    known = {checkpoint["name"] for checkpoint in subject.account["checkpoints"]}
    if subject.parent is None or subject.parent not in known:
        return None
    return subject_of(store, subject.account, subject.parent)


def _side(store: Store, subject: Subject, *, whole: bool = True) -> Side:
    entry = _entry(subject)
    named = Compared(
        name=subject.name,
        checkpoint=subject.checkpoint,
        family=subject.family,
        stage=entry["stage"],
        parent=subject.parent,
        fingerprint=subject.fingerprint,
    )
    described = all_described(subject.rows, store.records if whole else None)
    rows: dict[str, Known] = {**subject.stated, **described}
    origin = _parent(store, subject) if whole and named.stage == "quantized" else None
    return Side(
        named=named,
        rows={row: _called(cell, subject.name) for row, cell in rows.items()},
        attributes=entry.get("attributes") or {},
        origin=_side(store, origin, whole=False) if origin and origin.rows else None,
        siblings=_siblings(subject),
    )


def _siblings(subject: Subject) -> tuple[str, ...]:
    own = _entry(subject)
    measured = {cell["checkpoint"] for cell in subject.account["cells"]} - {subject.checkpoint}
    return tuple(
        each["name"]
        for each in subject.account["checkpoints"]
        if each["name"] in measured
        and (
            (own["parent"] is not None and each["parent"] == own["parent"])
            or each["stage"] == own["stage"] == "aligned"
        )
    )


def _entry(subject: Subject) -> Mapping[str, JSON]:
    entries: dict[str, Mapping[str, JSON]] = {c["name"]: c for c in subject.account["checkpoints"]}
    return entries[subject.checkpoint]


def _called(cell: Known, name: str) -> Known:
    """Return a cell under the name that was asked for: a baseline may be an older namesake."""
    return replace(cell, identity=replace(cell.identity, checkpoint=name))
