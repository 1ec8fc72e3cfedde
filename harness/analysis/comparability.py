"""May the scores of two cells be compared, and over which documents?

COMPARABLE     the same documents, asked in the same words by the same means
QUALIFIED      something else than the weights differs too; the reasons say what
INCOMPARABLE   another task, task version or metric, or no document in common

Documents pair by id and content. What the prompt looked like (format, template, shots) is a reason
only where the requests really differ: a perplexity is asked the same way in every format. How it
was answered (tokenizer, numerics) leaves no trace in the requests and is always a reason.

The codes are stable; ``!`` makes two cells INCOMPARABLE, the others make them QUALIFIED.

============================== =====================================================================
``task_differs`` !             another task
``task_version_differs`` !     the task's way of asking or scoring changed between them
``privacy_differs`` !          one names its documents by keyed hashes, the other in the open
``privacy_key_differs`` !      two owners' keys name them
``metric_missing`` !           one hasn't got the metric
``metric_signature_differs`` ! the metric was computed in another way
``no_common_document`` !       nothing to pair
``unpaired``                   one of them is a number without records: there is nothing to pair
``documents_differ``           documents of one id and another content; they aren't paired
``coverage``                   not every document that was planned is paired
``generation_differs``         other generation parameters
``formulation_differs``        the choices were asked for in another way, and so were the requests
``format_differs``             plain here, chat there
``shots_differs``              another number of examples
``seed_differs``               other examples
``template_differs``           another chat template
``requests_differ``            other requests, and nothing of the above says why
``tokenizer_differs``          other tokens for the same text
``backend_differs``            another scorer
``dtype_differs``              another number type
``max_length_differs``         another number of tokens that fit
``bos_differs``                another policy for the first token
``<setting>_differs``          any other setting of a backend that its numbers depend on
============================== =====================================================================
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import ne
from typing import TypeVar

from harness.evidence import Aggregate, Evidence, Identity, Known, Scores
from harness.records import JSON, canonical
from harness.results import Comparability, Reason

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The documents that two cells share, and what their difference is worth."""

    comparability: Comparability
    reference: tuple[int, ...] = ()
    """Indices into the reference's documents, ordered by document id."""
    candidate: tuple[int, ...] = ()
    """Indices into the candidate's documents, in the same order."""


def compare(reference: Evidence, candidate: Evidence, metric: str | None = None) -> Pairing:
    """Pair the documents of two cells; ``metric`` None is each task's primary one.

    The verdict is the same in both directions.
    """
    wanted = max(reference.planned, candidate.planned)
    blocking = [*_blocking(reference, candidate, metric)]
    if blocking:
        return Pairing(comparability=_incomparable(blocking, wanted))
    ours, theirs = _shared(reference.documents, candidate.documents)
    found = len(ours)
    hashes = _at(reference.document_hashes, ours), _at(candidate.document_hashes, theirs)
    if hashes[0] != hashes[1]:
        same = [i for i, (a, b) in enumerate(zip(*hashes, strict=True)) if a == b]
        ours, theirs = _at(ours, same), _at(theirs, same)
    edited = _counted("documents_differ", found - len(ours), found)
    if not ours:
        return Pairing(comparability=_incomparable([*edited, Reason("no_common_document")], wanted))
    requests = _at(reference.request_hashes, ours), _at(candidate.request_hashes, theirs)
    asked = sum(map(ne, *requests)) if requests[0] != requests[1] else 0
    reasons = (
        *_asking(reference.identity, candidate.identity, asked, len(ours)),
        *_answering(reference.identity, candidate.identity),
        *edited,
        *_coverage(len(ours), wanted),
    )
    comparability = Comparability(
        verdict="QUALIFIED" if reasons else "COMPARABLE",
        reasons=reasons,
        paired=len(ours),
        wanted=max(wanted, len(ours)),
    )
    return Pairing(comparability=comparability, reference=tuple(ours), candidate=tuple(theirs))


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> tuple[Sequence[int], Sequence[int]]:
    """Return where the documents that both have stand in each, ordered by document id."""
    if ours == theirs and [*ours] == sorted(ours):  # as stored, and there may be a million
        return range(len(ours)), range(len(theirs))
    places = {document: index for index, document in enumerate(theirs)}
    common = sorted((d, i) for i, d in enumerate(ours) if d in places)
    return [i for _, i in common], [places[d] for d, _ in common]


def _at(values: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    return [*values] if isinstance(places, range) else [values[i] for i in places]


def compare_stated(reference: Known, candidate: Known) -> Comparability:
    """Judge two cells of which at least one is a number without records: never COMPARABLE."""
    a, b = reference.identity, candidate.identity
    infos = [
        side.info if isinstance(side, Aggregate) else side.primary.info
        for side in (reference, candidate)
    ]
    sizes = [
        side.n if isinstance(side, Aggregate) else side.planned for side in (reference, candidate)
    ]
    wanted = max((n for n in sizes if n is not None), default=0)
    blocking = [
        *_tasks(a, b),
        *_differs("metric_signature", infos[0].signature, infos[1].signature),
    ]
    if blocking:
        return _incomparable(blocking, wanted)
    reasons = (Reason("unpaired"), *_generation(a, b), *_ways(a, b), *_answering(a, b))
    return Comparability(verdict="QUALIFIED", reasons=reasons, paired=0, wanted=wanted)


def _incomparable(reasons: list[Reason], wanted: int) -> Comparability:
    return Comparability(verdict="INCOMPARABLE", reasons=tuple(reasons), paired=0, wanted=wanted)


def _blocking(a: Evidence, b: Evidence, metric: str | None) -> Iterator[Reason]:
    yield from _tasks(a.identity, b.identity)
    yield from _named(a.identity.privacy, b.identity.privacy)
    ours, theirs = _scores(a, metric), _scores(b, metric)
    if ours is None or theirs is None:
        yield Reason("metric_missing", metric or "")
    else:
        yield from _differs("metric_signature", ours.info.signature, theirs.info.signature)


def _tasks(a: Identity, b: Identity) -> Iterator[Reason]:
    yield from _differs("task", a.task, b.task)
    yield from _differs("task_version", a.task_version, b.task_version)


def _named(a: Mapping[str, JSON], b: Mapping[str, JSON]) -> Iterator[Reason]:
    """Why documents can't be told by their ids: each owner's key gives them other ones."""
    yield from _differs("privacy", *(side.get("mode", "open") for side in (a, b)))
    if a and b:
        yield from _differs("privacy_key", a["key"], b["key"])


def _scores(evidence: Evidence, metric: str | None) -> Scores | None:
    return evidence.primary if metric is None else evidence.scores(metric)


def _asking(a: Identity, b: Identity, asked: int, pairs: int) -> Iterator[Reason]:
    """Yield why the requests differ; the bare count when nothing that is known explains it."""
    yield from _generation(a, b)
    if asked:
        yield from [*_ways(a, b)] or _counted("requests_differ", asked, pairs)


def _generation(a: Identity, b: Identity) -> Iterator[Reason]:
    changed = _changed(a.generation, b.generation)
    if changed:
        yield Reason("generation_differs", ", ".join(changed))


def _ways(a: Identity, b: Identity) -> Iterator[Reason]:
    """Yield what is known to make requests differ."""
    yield from _differs("formulation", a.variant.formulation, b.variant.formulation)
    yield from _differs("format", a.variant.format, b.variant.format)
    yield from _differs("shots", a.variant.shots, b.variant.shots)
    yield from _differs("seed", a.seed, b.seed)
    if a.variant.format == b.variant.format and a.template != b.template:
        yield Reason("template_differs")


def _answering(a: Identity, b: Identity) -> Iterator[Reason]:
    if a.tokenizer != b.tokenizer:
        yield Reason("tokenizer_differs")
    for key in _changed(a.backend, b.backend):
        name = "backend" if key == "name" else key
        yield from _differs(name, *(_spelled(side.backend.get(key)) for side in (a, b)))


def _changed(a: Mapping[str, JSON], b: Mapping[str, JSON]) -> list[str]:
    return sorted(
        key
        for key in {*a, *b}
        if (key in a) != (key in b) or canonical(a[key]) != canonical(b[key])
    )


def _spelled(value: JSON) -> str:
    return value if isinstance(value, str) else canonical(value)


def _differs(name: str, ours: object, theirs: object) -> Iterator[Reason]:
    if ours != theirs:
        yield Reason(f"{name}_differs", f"{ours}, {theirs}")


def _counted(code: str, count: int, of: int) -> list[Reason]:
    return [Reason(code, f"{count} of {of}")] if count else []


def _coverage(pairs: int, wanted: int) -> list[Reason]:
    if pairs >= wanted:
        return []
    share = 100 * pairs / wanted
    return [Reason("coverage", f"{min(share, 99.9):.1f} %" if share > 99 else f"{share:.0f} %")]
