"""A backend that answers from stored evidence: the same requests, asked again without a model."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.backends.base import BackendSpec
from harness.checkpoint import Inspection
from harness.errors import DataError, SpecError, at
from harness.records import (
    Checkpoint,
    Failure,
    Request,
    Response,
    SampleRecord,
    digest,
    pack,
    unpack,
)

__all__ = ["ReplayBackend", "open_backend"]


class ReplayBackend:
    """Answers each request as it was answered before; a request that wasn't there fails."""

    def __init__(self, answered: Iterable[tuple[Request, Response]]) -> None:
        # By hash rather than by the request itself: unpacked and built requests must meet.
        self._known = {digest(pack(request)): response for request, response in answered}

    @classmethod
    def of(cls, records: Iterable[SampleRecord]) -> "ReplayBackend":
        """Make one from sample records; a document that is there twice answers as the last."""
        return cls(
            pair
            for record in records
            for pair in zip(record.requests, record.responses, strict=False)
        )

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield the stored answers in order."""
        for index, request in enumerate(requests):
            answer = self._known.get(digest(pack(request)))
            yield index, answer or Failure("replay: this request isn't in the stored records")

    def close(self) -> None:
        """Nothing is held."""


def open_backend(spec: BackendSpec, _: Checkpoint, __: Inspection) -> ReplayBackend:
    """Open the answers in ``options.path``: JSON lines with packed ``requests`` and ``responses``.

    Raises SpecError without a path, DataError for a line that isn't such a record.
    """
    path = spec.options.get("path")
    if not isinstance(path, str) or not Path(path).is_file():
        raise SpecError(f"backend.options.path: replay needs a file of records, not {path!r}")
    return ReplayBackend(_pairs(Path(path)))


def _pairs(file: Path) -> Iterator[tuple[Request, Response]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
                requests = [unpack(packed) for packed in record["requests"]]
                responses = [unpack(packed) for packed in record["responses"]]
                yield from zip(requests, responses, strict=True)
            except (ValueError, LookupError, TypeError) as error:
                raise DataError(f"{at(file, number)}: not a record: {error}") from error
