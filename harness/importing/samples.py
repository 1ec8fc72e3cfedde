"""A file of lm-eval's samples: one line for each document and filter, or one list (0.4.0)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.errors import DataError
from harness.importing.answers import arguments_of, asked, settings_of
from harness.importing.log import Log
from harness.importing.strict import LONGEST_LINE, lines_of, name_of, parsed, whole
from harness.records import JSON, Request, Response, Status, digest
from harness.store.bounds import read_whole

__all__ = ["Sample", "Samples", "read_samples", "rows_of"]

_NAMED = 3  # bad lines
_MOST = 2_000_000
_INVALID = "[invalid]"  # what lm-eval's regex filters return when nothing matches
_LIST = 1 << 30  # bytes
_OWN = {
    *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"),
    *("doc_hash", "prompt_hash", "target_hash"),
}
"""What isn't a metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One document, asked once."""

    id: str
    fields: Mapping[str, JSON]
    """The document as lm-eval had it, and the target."""
    requests: tuple[Request, ...]
    responses: tuple[Response, ...]
    """Both empty where they can't be rebuilt."""
    request_hash: str
    response_hash: str
    """What stands for them then."""
    choices: int
    """How many log-likelihoods were asked for."""
    right: int
    """How many of its choices are right, as far as the target says."""
    status: Status
    settings: Mapping[str, JSON]
    values: Mapping[str, Mapping[str, JSON]]
    """By filter, what lm-eval notes under each key."""


@dataclass(slots=True)
class Samples:
    """What a file holds."""

    by_id: dict[str, Sample] = field(default_factory=dict)
    unread: int = 0
    """Lines that are none."""
    labelled: bool = True
    """Whether each says which filter it is of."""


def rows_of(path: Path) -> Iterator[tuple[int, JSON | ValueError]]:
    """Yield (number, value) of each line of a file, or of each item of a list.

    An error stands for a line that is no JSON. Raises OSError, DataError, StoreError.
    """
    with path.open("rb") as stream:
        is_list = stream.read(1) == b"["
    if is_list:
        try:
            yield from enumerate(parsed(read_whole(path, _LIST)), start=1)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
        return
    for number, line in lines_of(path):
        if line.strip():
            try:
                yield number, _line(line)
            except ValueError as error:
                yield number, error


def _line(line: bytes) -> JSON:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a line of more than {LONGEST_LINE >> 20} MiB")
    return parsed(line)


def read_samples(path: Path, name: str, log: Log) -> Samples:
    """Return the samples of a file; a line that can't be used is left out, and ``log`` says so.

    Raises DataError for a file that is none of lm-eval's or says two things of one document.
    """
    found = Samples()
    for number, row in rows_of(path):
        if len(found.by_id) >= _MOST:
            raise DataError(f"{path}: more than {_MOST:,} documents")
        try:
            if isinstance(row, ValueError):
                raise row
            sample, filter_ = _sample(row)
        except (ValueError, TypeError, LookupError) as error:
            found.unread += 1
            if found.unread <= _NAMED:
                log.leave(f"{name}:{number}", "", f"no sample of lm-eval's: {error}")
            continue
        found.labelled = found.labelled and "filter" in row
        _add(found, sample, filter_, path, number)
    if found.unread > _NAMED:
        log.leave(name, "", f"{found.unread - _NAMED} more lines that are no samples")
    return found


def _add(found: Samples, sample: Sample, filter_: str, path: Path, number: int) -> None:
    known = found.by_id.get(sample.id)
    if known is None:
        found.by_id[sample.id] = sample
        return
    if known.fields != sample.fields or known.request_hash != sample.request_hash:
        raise DataError(f"{path}:{number}: doc_id {sample.id} stands for two documents")
    if filter_ in known.values and known.values[filter_] != sample.values[filter_]:
        raise DataError(f"{path}:{number}: doc_id {sample.id} stands twice, with other scores")
    found.by_id[sample.id] = replace(known, values={**known.values, **sample.values})


def _sample(row: Mapping[str, JSON]) -> tuple[Sample, str]:
    """Return a line's sample and filter; ValueError, TypeError, LookupError for what is none."""
    if not isinstance(row, dict):
        raise TypeError("it is no mapping")
    number = whole(row.get("doc_id"))
    if number is None:
        raise ValueError("doc_id is no count")
    filter_ = name_of(row.get("filter", "none"))
    if filter_ is None:
        raise ValueError("filter is no name")
    fields = _fields(row)
    arguments = arguments_of(row) if row.get("arguments") else []
    pair = asked(arguments, row.get("resps")) if arguments else None
    prompt = row.get("prompt_hash")
    if not arguments and name_of(prompt) is None:
        raise ValueError("it doesn't say what was asked")
    sample = Sample(
        id=str(number),
        fields=fields,
        requests=pair[0] if pair else (),
        responses=pair[1] if pair else (),
        request_hash=digest({"asked": arguments or prompt}),
        response_hash=digest({"answered": row.get("resps")}),
        choices=len(arguments) // (2 if "acc_mutual_info" in row else 1),
        right=_right(row.get("target")),
        status=_status(row, pair[1] if pair else ()),
        settings=settings_of(arguments) if arguments else {},
        values={filter_: {key: value for key, value in row.items() if key not in _OWN}},
    )
    return sample, filter_


def _fields(row: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what tells a document from others: itself, or its hash where it isn't kept."""
    if row.get("doc") is not None:
        return {"doc": row["doc"], "target": row.get("target")}
    doc_hash = name_of(row.get("doc_hash"))
    if doc_hash is None:
        raise ValueError("it has neither doc nor doc_hash")
    return {"doc_hash": doc_hash, "target_hash": row.get("target_hash")}


def _right(target: JSON) -> int:
    """Return how many right choices a target names: ``2``, ``[0, 2]``."""
    if isinstance(target, str) and target.startswith("[") and len(target) < 1000:
        try:
            target = parsed(target.encode())
        except ValueError:
            return 1
    return max(1, len(target)) if isinstance(target, list) else 1


def _status(row: Mapping[str, JSON], responses: tuple[Response, ...]) -> Status:
    texts = getattr(responses[0], "texts", None) if responses else None
    if texts is None:
        return "ok"
    if not texts[0].strip():
        return "empty"
    return "no_answer" if row.get("filtered_resps") == [_INVALID] else "ok"
