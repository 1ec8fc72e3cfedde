"""The two that are compared: our backend and lm-eval's HFLM, on weights of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.backends.base import BackendSpec
from harness.checkpoint import Inspection
from harness.records import (
    Checkpoint,
    Generate,
    LogLikelihood,
    Request,
    RollingLogLikelihood,
)

__all__ = ["Answer", "Ours", "Theirs"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What both can say of a request."""

    logprob: float | None
    """Nats; None of a generation."""
    greedy: bool | None
    text: str | None
    """None of a likelihood."""


class Ours:
    """Our scorer; it chooses its batches itself."""

    def __init__(self, spec: BackendSpec, checkpoint: Checkpoint, inspection: Inspection) -> None:
        from harness.backends.hf import HFBackend
        from harness.backends.weights import load_model, load_tokenizer

        self.model = load_model(spec, inspection)
        self._backend = HFBackend(self.model, load_tokenizer(inspection), spec)

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Return an answer for each request; RuntimeError for one that fails."""
        found = dict(self._backend.respond(requests))
        return [_answer(found[i]) for i in range(len(requests))]

    def notes(self) -> tuple[str, ...]:
        """Return what the backend had to say since it was last asked."""
        return self._backend.measured().notes


class Theirs:
    """lm-eval's HFLM with log-softmax in float32."""

    def __init__(self, spec: BackendSpec, inspection: Inspection) -> None:
        from lm_eval.models.huggingface import HFLM

        from harness.backends.lm_eval import silence
        from harness.backends.weights import load_model, load_tokenizer

        self.model = load_model(spec, inspection)
        with silence():
            self._lm: Any = HFLM(
                pretrained=self.model,
                tokenizer=load_tokenizer(inspection),
                max_length=spec.max_length,
                batch_size=spec.batch_size,
                softmax_dtype="float32",
            )

    def batches_of(self, size: int) -> None:
        """Set the batch size."""
        self._lm.batch_size_per_gpu = size

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Return an answer for each request, all of one type asked in one call."""
        from lm_eval.api.instance import Instance

        from harness.backends.lm_eval import arguments, silence
        from harness.backends.weights import quiet

        found: dict[int, Answer] = {}
        for kind, method in (
            (LogLikelihood, "loglikelihood"),
            (RollingLogLikelihood, "loglikelihood_rolling"),
            (Generate, "generate_until"),
        ):
            mine = [i for i, request in enumerate(requests) if isinstance(request, kind)]
            if not mine:
                continue
            instances = [
                Instance(request_type=method, doc={}, arguments=arguments(requests[i]), idx=i)
                for i in mine
            ]
            with quiet(), silence():
                answers = getattr(self._lm, method)(instances, disable_tqdm=True)
            found |= {i: _theirs(answer) for i, answer in zip(mine, answers, strict=True)}
        return [found[i] for i in range(len(requests))]


def _answer(response: Any) -> Answer:
    from harness.records import Failure, Likelihood

    if isinstance(response, Failure):
        raise RuntimeError(response.reason)
    if isinstance(response, Likelihood):
        return Answer(response.logprob, response.greedy, None)
    return Answer(None, None, response.texts[0])


def _theirs(answer: Any) -> Answer:
    if isinstance(answer, str):
        return Answer(None, None, answer)
    if isinstance(answer, tuple):
        return Answer(float(answer[0]), bool(answer[1]), None)
    return Answer(float(answer), None, None)
