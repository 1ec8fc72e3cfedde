"""From a document's responses to the sample record that the store keeps."""

from collections.abc import Sequence

from harness.plan import Cell
from harness.records import Document, Failure, Response, SampleRecord, canonical, pack
from harness.store import Coverage


def make_record(
    cell: Cell, document: Document, responses: Sequence[Response], held: Coverage | None
) -> SampleRecord:
    """Score one document's responses; recorded anew, it supersedes what the cell held of it."""
    stored = tuple(_storable(response) for response in responses)
    score = cell.task.score(document, stored, cell.variant.formulation)
    return SampleRecord(
        cell=cell.key,
        document=document.id,
        revision=0 if held is None else held.revision + 1,
        status=score.status,
        reason=score.reason,
        fields=document.fields,
        cluster=document.cluster,
        requests=cell.requests[document.id],
        responses=stored,
    )


def _storable(response: Response) -> Response:
    """Return a response, or a failure where a text holds half a character (a surrogate)."""
    try:
        canonical(pack(response)).encode()
    except UnicodeEncodeError:
        return Failure("the answer holds half a surrogate pair, which is no text")
    return response
