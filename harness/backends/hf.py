"""Our scorer: transformers models on one machine, from a folder, the hub, a GGUF file or LoRA."""

import gc
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from harness.backends.base import BackendSpec, Measurements
from harness.backends.encoding import Encoder, Span, UnencodableError
from harness.backends.weights import load_model, load_tokenizer, quiet
from harness.checkpoint import Inspection
from harness.errors import CheckpointError, SpecError
from harness.records import (
    Checkpoint,
    Failure,
    Generate,
    Likelihood,
    LogLikelihood,
    Request,
    Response,
    RollingLogLikelihood,
)

__all__ = ["HFBackend", "open_backend"]


class HFBackend:
    """One causal language model and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, spec: BackendSpec) -> None:
        from harness.backends.generation import Generator
        from harness.backends.scoring import Scorer

        if spec.batch_size < 1:
            raise SpecError(f"backend.batch_size: {spec.batch_size} is less than 1")
        known = model.get_input_embeddings().weight.shape[0]
        self._encoder = Encoder(tokenizer, spec.bos, spec.max_length, known)
        self._scorer = Scorer(model, spec.batch_size)
        self._generator = Generator(model, tokenizer, spec.batch_size)
        self._cuda = {p.device for p in model.parameters() if p.device.type == "cuda"}

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield answers batch by batch, longest first; texts that can't be encoded fail first."""
        spans: list[Span] = []
        owners: list[int] = []
        prompts: dict[int, list[int]] = {}
        asked: dict[int, Generate] = {}
        for index, request in enumerate(requests):
            try:
                if isinstance(request, Generate):
                    prompts[index] = self._encoder.prompt(request.context, request.max_tokens)
                    asked[index] = request
                    continue
                windows = self._windows(request)
            except UnencodableError as error:
                yield index, Failure(str(error))
                continue
            spans += windows
            owners += [index] * len(windows)
        yield from self._likelihoods(spans, owners)
        yield from self._generator.generate(asked, prompts)

    def measured(self) -> Measurements:
        """Return times, cuts and CUDA memory since the last call, and begin anew."""
        import torch

        seconds = self._generator.first_token_seconds
        mean = fmean(seconds) if seconds else None
        seconds.clear()
        peak = sum(torch.cuda.max_memory_allocated(device) for device in self._cuda)
        for device in self._cuda:
            torch.cuda.reset_peak_memory_stats(device)
        cut, self._encoder.cut = self._encoder.cut, 0
        return Measurements(
            first_token_seconds=mean, peak_device_bytes=peak if self._cuda else None, cut=cut
        )

    def close(self) -> None:
        """Free the weights."""
        import torch

        del self._scorer, self._generator
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _windows(self, request: LogLikelihood | RollingLogLikelihood) -> list[Span]:
        if isinstance(request, LogLikelihood):
            return [self._encoder.pair(request.context, request.continuation)]
        return self._encoder.rolling(request.text, request.overlap)

    def _likelihoods(
        self, spans: Sequence[Span], owners: Sequence[int]
    ) -> Iterator[tuple[int, Response]]:
        """Answer a request when the last of its windows is done."""
        left: dict[int, int] = {}
        for owner in owners:
            left[owner] = left.get(owner, 0) + 1
        parts: dict[int, list[Likelihood | Failure]] = {owner: [] for owner in left}
        for batch in self._scorer.score(spans):
            for span, answer in batch.items():
                owner = owners[span]
                parts[owner].append(answer)
                left[owner] -= 1
                if not left[owner]:
                    yield owner, _total(parts.pop(owner))


def _total(parts: Sequence[Likelihood | Failure]) -> Likelihood | Failure:
    likelihoods = []
    for part in parts:
        if isinstance(part, Failure):
            return part
        likelihoods.append(part)
    return Likelihood(
        logprob=sum(part.logprob for part in likelihoods),
        tokens=sum(part.tokens for part in likelihoods),
        greedy=all(part.greedy for part in likelihoods),
    )


def open_backend(spec: BackendSpec, checkpoint: Checkpoint, inspection: Inspection) -> HFBackend:
    """Load a checkpoint.

    Raises CheckpointError if its parts don't fit each other, SpecError for an unknown option.
    """
    if spec.options:
        raise SpecError(f"backend.options: hf has none, not {', '.join(spec.options)}")
    tokenizer = load_tokenizer(inspection)
    model = load_model(spec, inspection)
    if inspection.tokenizer is not None:  # transformers invents tokens for GGUF files
        _check_vocabulary(checkpoint.name, tokenizer, model)
    try:
        with quiet():
            return HFBackend(model, tokenizer, spec)
    except UnencodableError as error:
        raise CheckpointError(f"{checkpoint.name}: {error}") from error


def _check_vocabulary(name: str, tokenizer: Any, model: Any) -> None:
    """Every token must have an embedding; padding needs none, it is masked."""
    rows = model.get_input_embeddings().weight.shape[0]
    beyond = {token: id_ for token, id_ in tokenizer.get_vocab().items() if id_ >= rows}
    beyond.pop(tokenizer.pad_token, None)
    if beyond:
        token, id_ = min(beyond.items(), key=lambda item: item[1])
        raise CheckpointError(
            f"{name}: the tokenizer's {token!r} is number {id_}, the model has {rows} embeddings;"
            " the tokenizer belongs to another model"
        )
