"""One task of one file as a cell: its identity, its records, its score layers; or bare numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import AligntaxError
from harness.hashing import file_hash
from harness.importing.log import Log
from harness.importing.measures import Measure, info_of, measure
from harness.importing.reading import Run, Stated, TaskResult
from harness.importing.samples import Sample, Samples, read_samples
from harness.lm_eval_tasks.index import PREFIX
from harness.lm_eval_tasks.metrics import GUESSED
from harness.metrics.metric import MetricInfo
from harness.privacy.policy import cleaned
from harness.privacy.veil import Veil, Yielded
from harness.records import (
    FORMAT_VERSION,
    JSON,
    Document,
    Formulation,
    SampleRecord,
    Veiled,
    digest,
)
from harness.store.store import PlannedDocument

__all__ = ["Number", "Taken", "take"]

_KINDS: Mapping[str, tuple[str, Formulation]] = {
    "multiple_choice": ("multiple_choice", "cf"),
    "loglikelihood": ("loglikelihood", "cf"),
    "loglikelihood_rolling": ("perplexity", "rolling"),
    "generate_until": ("generation", "gen"),
}
_UNREAD = "0" * 64  # the hashes of a document that was scored and can't be read
_OTHER = 1e-6  # what isn't noise of summing


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One stated number, without the samples behind it."""

    info: MetricInfo
    value: float
    error: float | None


@dataclass(slots=True, kw_only=True, eq=False)
class Taken:
    """What was taken of one task of one file."""

    run: Run
    task: TaskResult
    identity: Mapping[str, JSON]
    """What the cell's key hashes."""
    source: str
    """The sha256 of what it was read from."""
    records: list[SampleRecord] = field(default_factory=list)
    """Sorted by identity; empty where there are only numbers."""
    measures: list[Measure] = field(default_factory=list)
    """Their rows are in the order of the records; the primary one first."""
    plan: list[PlannedDocument] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    """What is stated and has no rows."""

    @property
    def key(self) -> str:
        """The cell's key."""
        return digest(self.identity)

    @property
    def n(self) -> int | None:
        """Documents that the values are of."""
        return len(self.records) or self.task.n

    @property
    def values(self) -> dict[str, float]:
        """Each metric's value, in its own scale."""
        return {
            **{number.info.name: number.value for number in self.numbers},
            **{made.info.name: made.value for made in self.measures},
        }


def take(run: Run, task: TaskResult, veil: Veil, log: Log) -> Taken | None:
    """Return what a file holds of a task; None, and ``log`` says why, if nothing can be used."""
    samples = _samples(run, task, log)
    asked = _identity(run, task, samples, veil)
    source = _source(run, task, asked)
    taken = Taken(run=run, task=task, identity={**asked, "source": source}, source=source)
    scored = len(samples) >= (task.n or 0)
    left = []
    for one in task.stated:
        info = info_of(one, task, run)
        if isinstance(info, str):
            log.leave(run.file.name, _key(task, one), info)
            continue
        made: Measure | str = "no samples"
        if samples:
            made = measure(one, info, samples, whole=scored, log=log)
        if isinstance(made, Measure):
            taken.measures.append(made)
            continue
        if samples:
            log.leave(run.file.name, f"{_key(task, one)} by sample", made)
        left.append((one, info))
    _state(taken, left, log)
    _tell_guessing(taken, log)
    if taken.identity["kind"] == "perplexity":  # the one whose unit survives a changed tokenizer
        taken.measures.sort(key=lambda made: made.info.name != "bits_per_byte")
        taken.numbers.sort(key=lambda number: number.info.name != "bits_per_byte")
    if taken.measures:
        _record(taken, samples, veil)
    return taken if taken.measures or taken.numbers else None


def _source(run: Run, task: TaskResult, asked: Mapping[str, JSON]) -> str:
    """Return the hash of all that a file and its samples say of a task, wherever they lie."""
    path = run.file.samples(task.name, run.model.args)
    content = "" if path is None else file_hash(path)
    stated = [[s.metric, s.filter, s.value, s.error] for s in task.stated]
    return digest([content, stated, task.n, task.version, task.edition, run.version, asked])


def _tell_guessing(taken: Taken, log: Log) -> None:
    """Say where a task has a level of guessing that nobody states."""
    if taken.identity["kind"] != "multiple_choice":
        return
    unknown = [m.info.name for m in taken.measures if not m.chance]
    unknown += [number.info.name for number in taken.numbers]
    for name in [name for name in unknown if name in GUESSED]:
        where = f"{taken.task.name}: {name}"
        log.note(f"{where}: the level of guessing isn't known, 0 stands for it")


def _key(task: TaskResult, stated: Stated) -> str:
    return f"{task.name}: {stated.metric},{stated.filter}"


def _samples(run: Run, task: TaskResult, log: Log) -> list[Sample]:
    path = run.file.samples(task.name, run.model.args)
    if path is None:
        return []
    name = path.name
    try:
        found = read_samples(path, name, log)
    except (AligntaxError, OSError) as error:
        log.leave(name, task.name, str(error).removeprefix(f"{path}:").removeprefix(f"{path}"))
        return []
    if not found.labelled and task.filters > 1:
        log.leave(name, task.name, "several filters, and no sample says which it is of")
        return []
    _tell_lack(found, task, name, log)
    return list(found.by_id.values())


def _tell_lack(found: Samples, task: TaskResult, name: str, log: Log) -> None:
    lacking = (task.n or 0) - len(found.by_id)
    if lacking > 0:
        log.note(f"{name}: {lacking} of {task.n} documents aren't in it; they stay missing")


def _identity(
    run: Run, task: TaskResult, samples: Sequence[Sample], veil: Veil
) -> Mapping[str, JSON]:
    """Return who was asked and how; what it was read from comes on top: two sources, two cells."""
    kind, formulation = _KINDS.get(task.output or "") or _KINDS[_guessed(samples)]
    generation = dict(samples[0].settings) if samples and formulation == "gen" else {}
    backend = dict(run.model.backend)
    if task.shots and run.multiturn is not None:
        backend["fewshot_as_multiturn"] = str(run.multiturn).lower()
    return {
        "format_version": FORMAT_VERSION,
        "fingerprint": run.model.fingerprint,
        "declared": cleaned(dict(run.model.declared), veil.mode),
        "tokenizer": None,
        "task": f"{PREFIX}{task.name}",
        "kind": kind,
        "task_version": _version(task.version),
        "formulation": formulation,
        "format": run.format if formulation != "rolling" else "plain",
        "shots": task.shots,
        "template": run.template if formulation != "rolling" else None,
        "seed": run.seed,
        "generation": generation,
        "backend": backend,
        **veil.identity,
    }


def _guessed(samples: Sequence[Sample]) -> str:
    """Return the output type that samples tell of, where no configuration does."""
    if not samples:
        return "generate_until"
    if samples[0].settings:
        return "generate_until"
    if samples[0].choices > 1:
        return "multiple_choice"
    requests = samples[0].requests
    rolling = bool(requests) and hasattr(requests[0], "text")
    return "loglikelihood_rolling" if rolling else "loglikelihood"


def _version(stated: str) -> int:
    """Return the whole part of lm-eval's version (``1.0``); the signature has all of it."""
    whole = stated.partition(".")[0]
    fits = whole.isascii() and whole.isdigit() and len(whole) < 10
    return int(whole) if fits else 0


def _state(taken: Taken, left: Sequence[tuple[Stated, MetricInfo]], log: Log) -> None:
    """Take what is stated and has no rows; on a scale of 0 to 100 only where that is plain."""
    name = taken.run.file.name
    hundred = _on_hundred(taken.run)
    for one, info in left:
        value, error = one.value, one.error
        if info.unit == "%" and info.ceiling == 1.0 and hundred:
            if not 1 < value <= 100 and value != 0:
                why = f"{value:g} beside shares above 1: on a scale of 0 to 100, or wrong"
                log.leave(name, _key(taken.task, one), why)
                continue
            value, error = value / 100, None if error is None else error / 100
            log.note(f"{name}: {_key(taken.task, one)}: stated on 0 to 100, divided by 100")
        elif info.unit == "%" and info.aggregate == "mean" and value < 0:
            log.leave(name, _key(taken.task, one), f"a share of {value:g}")
            continue
        error = None if error is None or error < 0 else error
        taken.numbers.append(Number(info=info, value=value, error=error))


def _on_hundred(run: Run) -> bool:
    """Tell whether any share of a file is above 1."""
    known = ((info_of(one, task, run), one.value) for task in run.tasks for one in task.stated)
    return any(
        isinstance(info, MetricInfo) and info.unit == "%" and info.ceiling == 1.0 and value > 1
        for info, value in known
    )


def _record(taken: Taken, samples: Sequence[Sample], veil: Veil) -> None:
    """Make the records, what the store has in place of their texts, and the plan."""
    key, first = taken.key, taken.measures[0]
    share = first.info.unit == "%" and first.info.aggregate == "mean"
    made = []
    for i, sample in enumerate(samples):
        rows = {m.info.signature: tuple(map(float, m.rows[i])) for m in taken.measures}
        chance = {m.info.signature: m.chance[i] for m in taken.measures if m.chance}
        wrong = share and first.rows[i, 0] < first.rows[i, 1] - _OTHER
        record = _of(key, sample, Yielded(rows, chance), wrong=bool(wrong))
        made.append((veil.over(record, Yielded(rows, chance)), i))
    made.sort(key=lambda pair: (pair[0].document, pair[0].request_hash))
    order = [i for _, i in made]
    taken.records = [record for record, _ in made]
    taken.measures = [_ordered(m, order) for m in taken.measures]
    taken.plan = [(r.document, r.request_hash, r.document_hash) for r in taken.records]
    unread = (taken.task.n or 0) - len(samples)
    taken.plan += [(f"unread-{i}", _UNREAD, _UNREAD) for i in range(unread)]


def _ordered(made: Measure, order: Sequence[int]) -> Measure:
    chance = tuple(made.chance[i] for i in order) if made.chance else ()
    return Measure(info=made.info, rows=made.rows[order], chance=chance, value=made.value)


def _of(key: str, sample: Sample, yielded: Yielded, *, wrong: bool) -> SampleRecord:
    """Return a sample's record; hashes stand for requests and answers that can't be rebuilt."""
    reason = sample.status if sample.status != "ok" else "wrong"
    document = Document(id=sample.id, fields=sample.fields)
    veiled = None
    if not sample.requests:
        veiled = Veiled(
            document_hash=document.hash,
            request_hash=sample.request_hash,
            response_hash=sample.response_hash,
            rows=yielded.rows,
            chance=yielded.chance,
        )
    return SampleRecord(
        cell=key,
        document=sample.id,
        status=sample.status,
        reason=reason if wrong else None,
        fields=sample.fields,
        requests=sample.requests,
        responses=sample.responses,
        veiled=veiled,
    )
