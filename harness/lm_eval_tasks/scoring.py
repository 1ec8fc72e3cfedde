"""Responses -> lm-eval's filters and ``process_results`` -> our Score."""

import math
from collections.abc import Sequence
from typing import Any

from harness.kinds.responses import likelihoods
from harness.lm_eval_tasks.documents import Documents
from harness.lm_eval_tasks.load import quiet
from harness.lm_eval_tasks.metrics import Outcome
from harness.metrics.metric import Metric
from harness.records import (
    Document,
    Failure,
    Generation,
    Likelihood,
    Response,
    Status,
)
from harness.task import Score

_NOT_FOUND = "[invalid]"  # what lm-eval's regex filters return when nothing matches


class Scorer:
    """Scores one document at a time, as lm-eval scores it among all."""

    def __init__(self, task: Any, documents: Documents, metrics: Sequence[Metric]) -> None:
        self._task = task
        self._documents = documents
        self._metrics = metrics

    def score(self, document: Document, responses: Sequence[Response]) -> Score:
        """Return lm-eval's values; a response that failed, and scoring that raises, are errors."""
        failed = next((r for r in responses if isinstance(r, Failure)), None)
        if failed is not None:
            return _error(failed.reason)
        scored = likelihoods([r for r in responses if isinstance(r, Likelihood)])
        if isinstance(scored, Score):
            return scored
        try:
            with quiet():
                outcome, extracted = self._outcome(document, responses)
            rows = [metric.statistics(outcome) for metric in self._metrics]
        except Exception as error:  # noqa: BLE001 - the task's own functions; the record keeps it
            said = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return _error(f"lm-eval's scoring: {said}")
        odd = [m.info.name for m, row in zip(self._metrics, rows, strict=True) if not _finite(row)]
        if odd:
            return _error(f"lm-eval's scoring: {odd[0]} is no finite number")
        status, reason = self._judge(responses, extracted, rows[0])
        return Score(status=status, outcome=outcome, reason=reason)

    def _outcome(self, document: Document, responses: Sequence[Response]) -> tuple[Outcome, Any]:
        """Return the values by metric (and filter), and what the first filter left."""
        from lm_eval.api.instance import Instance

        row, kind = self._documents.row(document), self._task.OUTPUT_TYPE
        asked = [
            Instance(request_type=kind, doc=row, arguments=(), idx=i, resps=[_theirs(r, kind)])
            for i, r in enumerate(responses)
        ]
        filters = self._task._filters
        found: dict[str, Any] = {}
        for filter_ in filters:
            filter_.apply(asked)
            results = [instance.filtered_resps[filter_.name] for instance in asked]
            values = self._task.process_results(self._documents.row(document), results)
            end = f",{filter_.name}" if len(filters) > 1 else ""
            found |= {f"{metric}{end}": value for metric, value in values.items()}
        return found, asked[0].filtered_resps[filters[0].name]

    def _judge(
        self, responses: Sequence[Response], extracted: Any, primary: Sequence[float]
    ) -> tuple[Status, str | None]:
        """Return the status of the answer, and why it doesn't match."""
        info = self._metrics[0].info
        share = info.unit == "%" and info.aggregate == "mean"
        wrong = None if not share or primary[0] >= primary[1] else "wrong"
        texts = [r for r in responses if isinstance(r, Generation)]
        if not texts:
            return "ok", wrong
        answer = texts[0]
        if not answer.texts[0].strip():
            return "empty", "empty"
        if wrong and extracted == _NOT_FOUND:
            return "no_answer", "no_answer: lm-eval's filter finds none in the text"
        if wrong and answer.finish[0] == "length":
            return "truncated", f"truncated: {answer.tokens[0]} tokens"
        return "ok", wrong


def choice_chance(task: Any, documents: Documents, document: Document) -> float:
    """Return the share of a document's choices that are right."""
    row = documents.row(document)
    gold = task.doc_to_text(row) if task.multiple_input else task.doc_to_target(row)
    right = len(gold) if isinstance(gold, list) else 1
    return right / len(task.doc_to_choice(row))


def _theirs(response: Response, kind: str) -> Any:
    """Return a response as an lm-eval model gives it."""
    match response:
        case Generation(texts=texts):
            return texts[0]
        case Likelihood(logprob=logprob, greedy=greedy):
            return logprob if kind == "loglikelihood_rolling" else (logprob, greedy)
    raise TypeError(f"no response of a model: {type(response).__name__}")


def _error(reason: str) -> Score:
    return Score(status="error", outcome=None, reason=reason)


def _finite(row: Sequence[float]) -> bool:
    return all(math.isfinite(number) for number in row)
