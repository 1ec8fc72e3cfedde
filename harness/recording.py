"""From a document's responses to the sample record that the store keeps."""

from collections.abc import Sequence
from math import isfinite

from harness.guard import reason_of, score_of
from harness.plan import Cell
from harness.privacy.policy import is_private
from harness.privacy.veil import Yielded
from harness.records import Document, Failure, Response, SampleRecord, canonical, pack
from harness.secrets import masked
from harness.store import Coverage
from harness.task import Score


def make_record(
    cell: Cell, document: Document, responses: Sequence[Response], held: Coverage | None
) -> SampleRecord:
    """Score one document's responses; recorded anew, it supersedes what the cell held of it.

    Of a private cell the metrics' rows are taken here, where the texts are still what they were.
    """
    stored = tuple(_storable(response) for response in responses)
    score = score_of(cell.task, document, stored, cell.variant.formulation)
    yielded = Yielded({}, {})
    if is_private(cell.veil.mode) and score.status != "error":
        score, yielded = _yielded(cell, document, score)
    record = SampleRecord(
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
    return cell.veil.over(record, yielded)


def _yielded(cell: Cell, document: Document, score: Score) -> tuple[Score, Yielded]:
    """Return the rows of all metrics that need no other document; an error if one raises."""
    metrics = cell.task.metrics_of(cell.variant.formulation)
    try:
        rows = {
            metric.info.signature: tuple(map(_finite, metric.statistics(score.outcome)))
            for metric in metrics
            if metric.rows is None
        }
        chance = {
            metric.info.signature: _finite(metric.chance(document))
            for metric in metrics
            if metric.rows is None and metric.chance is not None
        }
    except Exception as error:  # noqa: BLE001 - a plugin's metric is code of others
        reason = f"statistics raised {reason_of(error)}"
        return Score(status="error", outcome=None, reason=reason), Yielded({}, {})
    return score, Yielded(rows, chance)


def _finite(number: float) -> float:
    if not isfinite(number):
        raise ValueError(f"{number} can't be stored")
    return float(number)


def _storable(response: Response) -> Response:
    """Return a response, or a failure where a text holds half a character (a surrogate).

    A failure quotes what a backend said, which may hold the keys that it was called with.
    """
    if isinstance(response, Failure):
        response = Failure(masked(response.reason))
    try:
        canonical(pack(response)).encode()
    except UnicodeEncodeError:
        return Failure("the answer holds half a surrogate pair, which is no text")
    return response
