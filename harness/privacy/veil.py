"""What stands in the store for the texts of a cell: themselves, masked ones, or keyed hashes.

Open       everything as it is
Redacted   texts without identifiers, hashes keyed; an id or cluster that masking would change, or
           that is a hash of the texts, becomes a keyed hash, so that ids stay different
Sensitive  no text: its length and a keyed hash, the same text of the same document alike

A keyed hash is an HMAC with the key of the store's owner: a plain hash of a short answer, or of a
masked name, could be guessed by trying.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.privacy.keys import OwnerKey
from harness.privacy.masking import Masker
from harness.privacy.wording import bare
from harness.records import (
    JSON,
    Document,
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Privacy,
    Request,
    Response,
    RollingLogLikelihood,
    SampleRecord,
    Veiled,
    canonical,
)

__all__ = ["OPEN", "Redacted", "Sensitive", "Veil", "Yielded"]

_Text = Callable[[str, str], str]
"""From a text, and what stands before it, to what is stored of it."""


@dataclass(frozen=True, slots=True)
class Yielded:
    """What scoring a document yielded: metric rows and chance levels, by metric signature."""

    rows: Mapping[str, tuple[float, ...]]
    chance: Mapping[str, float]


class Veil:
    """An open cell's: everything is stored as it is."""

    mode: Privacy | None = None
    """None: the cell isn't private."""

    @property
    def identity(self) -> Mapping[str, JSON]:
        """What it adds to a cell's identity."""
        return {}

    def name(self, document: Document) -> str:
        """Return a document's id as the store has it."""
        return document.id

    def cluster(self, document: Document) -> str | None:
        """Return a document's cluster as the store has it."""
        return document.cluster

    def hash(self, hash_: str) -> str:
        """Return the hash of a document, request or response as the store has it."""
        return hash_

    def content(self, document: Document) -> tuple[str, str | None]:
        """Return the hash of a document's fields and its cluster as the store has them."""
        return self.hash(document.hash), self.cluster(document)

    def over(self, record: SampleRecord, yielded: Yielded) -> SampleRecord:
        """Return what is stored of a record."""
        return record


OPEN = Veil()


@dataclass(frozen=True, slots=True)
class _Private(Veil):
    key: OwnerKey

    @property
    def identity(self) -> Mapping[str, JSON]:
        return {"privacy": {"mode": self.mode, "key": self.key.id}}

    def hash(self, hash_: str) -> str:
        return self.key.hash("hash", hash_)

    def over(self, record: SampleRecord, yielded: Yielded) -> SampleRecord:
        document = record.as_document
        text, fields = self._ways(record)
        return replace(
            record,
            document=self.name(document),
            cluster=self.cluster(document),
            reason=self._reason(record, text),
            fields=fields,
            requests=tuple(_request(request, text) for request in record.requests),
            responses=tuple(
                _response(response, request, text) for request, response in _answered(record)
            ),
            veiled=Veiled(
                document_hash=self.hash(document.hash),
                request_hash=self.hash(record.request_hash),
                response_hash=self.hash(record.response_hash),
                rows=yielded.rows,
                chance=yielded.chance,
            ),
        )

    def _ways(self, record: SampleRecord) -> tuple[_Text, Mapping[str, JSON]]:
        """Return what becomes of a record's texts, and its fields as they are stored."""
        raise NotImplementedError

    def _reason(self, record: SampleRecord, text: _Text) -> str | None:
        return None if record.reason is None else bare(record.reason)


class Sensitive(_Private):
    """Stores no text: its length and a keyed hash, salted by the document."""

    mode: Privacy = "sensitive"

    def name(self, document: Document) -> str:
        """Return the keyed hash of the id."""
        return self.key.hash("document", document.id)

    def cluster(self, document: Document) -> str | None:
        """Return the keyed hash of the cluster."""
        return None if document.cluster is None else self.key.hash("cluster", document.cluster)

    def _ways(self, record: SampleRecord) -> tuple[_Text, Mapping[str, JSON]]:
        def text(original: str, _: str = "") -> str:
            return f"hmac:{self.key.hash('text', record.document, original)}:{len(original)}"

        values = {
            name: value if isinstance(value, str) else canonical(value)
            for name, value in record.fields.items()
        }
        return text, {name: text(value) for name, value in values.items()}


class Redacted(_Private):
    """Stores texts without the identifiers that are found in them."""

    mode: Privacy = "redacted"

    def name(self, document: Document) -> str:
        """Return the id, or its keyed hash."""
        tells = document.hash[:8] in document.id  # ids that are made from the text
        if tells or _of_fields(document).text(document.id) != document.id:
            return self.key.hash("document", document.id)
        return document.id

    def cluster(self, document: Document) -> str | None:
        """Return the cluster, or its keyed hash."""
        cluster = document.cluster
        if cluster is None or _of_fields(document).text(cluster) == cluster:
            return cluster
        return self.key.hash("cluster", cluster)

    def _ways(self, record: SampleRecord) -> tuple[_Text, Mapping[str, JSON]]:
        masker = _of_fields(record.as_document)

        def learned(text: str, before: str = "") -> str:
            masker.learn(text, before)
            return text

        for each in record.requests:
            _request(each, learned)
        for request, response in _answered(record):
            _response(response, request, learned)
        return masker.text, masker.json(dict(record.fields))

    def _reason(self, record: SampleRecord, text: _Text) -> str | None:
        if record.reason is None:
            return None
        return bare(record.reason) if record.status == "error" else text(record.reason, "")


def _of_fields(document: Document) -> Masker:
    return Masker(_identifiers(canonical(document.fields)))


@lru_cache(maxsize=4096)  # each checkpoint is asked about the same documents
def _identifiers(fields: str) -> Mapping[str, str]:
    masker = Masker()
    masker.learn_json(json.loads(fields))
    return masker.known


def _answered(record: SampleRecord) -> Iterator[tuple[Request | None, Response]]:
    """Yield the responses with their requests; what couldn't be asked has none."""
    requests = [*record.requests, *[None] * len(record.responses)]
    yield from zip(requests, record.responses, strict=False)


def _request(request: Request, text: _Text) -> Request:
    match request:
        case LogLikelihood(context, continuation):
            return LogLikelihood(text(context, ""), text(continuation, context))
        case RollingLogLikelihood():
            return replace(request, text=text(request.text, ""))
        case Generate():
            stop = tuple(text(each, "") for each in request.stop)
            return replace(request, context=text(request.context, ""), stop=stop)


def _response(response: Response, request: Request | None, text: _Text) -> Response:
    match response:
        case Likelihood():
            return response
        case Generation():
            before = request.context if isinstance(request, Generate) else ""
            return replace(response, texts=tuple(text(each, before) for each in response.texts))
        case Failure():
            return Failure(bare(response.reason))
