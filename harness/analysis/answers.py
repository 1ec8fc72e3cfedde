"""What generated answers are like, beside being right: statuses, lengths, repetition.

They are read off the records and become metrics of the cell, so that pairing, intervals and words
are those of all other numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import TypeAlias

import numpy as np

from harness.evidence import Evidence, Scores
from harness.metrics.diversity import repetition_metric
from harness.metrics.metric import MetricInfo
from harness.metrics.outcomes import Samples
from harness.records import Generation, SampleRecord, Status
from harness.store.imports import is_imported

Records: TypeAlias = Callable[[str], Sequence[SampleRecord]]
"""From a cell's key to its records."""

STATUSES: tuple[Status, ...] = ("refusal", "no_answer", "truncated", "empty", "wrong_language")
LENGTHS = ("answer_tokens", "answer_characters")
_KEPT = ("general", "domain")  # elsewhere a refusal may be what is wanted
_HASHED = "hmac:"  # what stands for a text that may not be stored; its length is the last part


def described(cell: Evidence, records: Records | None = None) -> Evidence:
    """Return a cell with its answers' statuses, lengths and repetition among its metrics.

    A cell that wasn't asked to generate stays as it is. Without ``records``, or where some aren't
    there, only statuses are known; texts that aren't stored have lengths, but no repetition.
    """
    if cell.identity.variant.formulation != "gen" or not cell.documents:
        return cell
    found = [*_statuses(cell)]
    if records is not None:
        held = {(r.document, r.request_hash): r for r in records(cell.identity.cell)}
        asked = zip(cell.documents, cell.request_hashes, strict=True)
        current = [held.get(identity) for identity in asked]
        known = [record for record in current if record is not None]
        if len(known) == len(current):
            found += [*_lengths(cell, known), *_repetition(cell, known)]
    have = {scores.info.name for scores in cell.metrics}
    new = [scores for scores in found if scores.info.name not in have]
    return replace(cell, metrics=(*cell.metrics, *new))


def _statuses(cell: Evidence) -> Iterator[Scores]:
    judged = ("no_answer", "empty") if is_imported(cell.identity.backend) else STATUSES
    for status in judged:  # what nobody looked for isn't zero
        if status == "refusal" and cell.identity.capability not in _KEPT:
            continue
        info = _info(status, f"status:{status}", "%", ceiling=0.0)
        yield _scores(info, [float(each == status) for each in cell.statuses])


def _lengths(cell: Evidence, records: Sequence[SampleRecord]) -> Iterator[Scores]:
    answers = [_generations(record) for record in records]
    if not all(answers):
        return
    if all(map(_is_counted, (g for each in answers for g in each))):
        tokens = [fmean(t for g in each for t in g.tokens) for each in answers]
        how = f"answer_tokens|tokenizer:{cell.identity.tokenizer}"
        yield _scores(_info("answer_tokens", how, ""), tokens)
    characters = [fmean(_length(t) for g in each for t in g.texts) for each in answers]
    kept = cell.identity.privacy.get("mode") or "open"
    yield _scores(_info("answer_characters", f"answer_characters|texts:{kept}", ""), characters)


def _repetition(cell: Evidence, records: Sequence[SampleRecord]) -> Iterator[Scores]:
    texts = [tuple(t for g in _generations(record) for t in g.texts) for record in records]
    if not texts or any(text.startswith(_HASHED) for each in texts for text in each):
        return
    metric = repetition_metric()
    rows = [metric.statistics(Samples(texts=each)) for each in texts]
    yield Scores(info=metric.info, rows=np.array(rows, dtype=np.float64))


def _generations(record: SampleRecord) -> list[Generation]:
    return [response for response in record.responses if isinstance(response, Generation)]


def _is_counted(answer: Generation) -> bool:
    """Tell whether somebody counted an answer's tokens: a text has some."""
    return all(n or not text for text, n in zip(answer.texts, answer.tokens, strict=True))


def _length(text: str) -> int:
    if text.startswith(_HASHED):
        return int(text.rpartition(":")[2])
    return len(text)


def _info(name: str, signature: str, unit: str, ceiling: float | None = None) -> MetricInfo:
    return MetricInfo(
        name=name,
        signature=f"{signature}|documents:mean|version:1",
        columns=(name, "n"),
        aggregate="mean",
        higher_is_better=False,
        unit=unit,
        ceiling=ceiling,
    )


def _scores(info: MetricInfo, values: Sequence[float]) -> Scores:
    rows = np.column_stack([np.asarray(values, dtype=np.float64), np.ones(len(values))])
    return Scores(info=info, rows=rows)


def all_described(cells: Mapping[str, Evidence], records: Records | None) -> dict[str, Evidence]:
    """Return a checkpoint's cells by row, those of generated answers described."""
    return {row: described(cell, records) for row, cell in cells.items()}
