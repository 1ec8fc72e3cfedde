"""Our scorer: transformers models on one machine, from a folder, the hub, a GGUF file or LoRA."""

import gc
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import Any

from harness.backends.base import BackendSpec, Measurements
from harness.backends.encoding import Encoder, UnencodableError
from harness.backends.kept import borrowed
from harness.backends.streaming import stream
from harness.backends.weights import load_tokenizer, quiet
from harness.checkpoint import Inspection
from harness.errors import CheckpointError, SpecError
from harness.records import (
    Checkpoint,
    Failure,
    Generate,
    LogLikelihood,
    Request,
    Response,
    RollingLogLikelihood,
)

__all__ = ["HFBackend", "open_backend"]


class HFBackend:
    """One causal language model and its tokenizer."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        spec: BackendSpec,
        give_back: Callable[[], None] | None = None,
    ) -> None:
        from harness.backends.generation import Generator
        from harness.backends.scoring import Scorer

        if spec.batch_size < 1:
            raise SpecError(f"backend.batch_size: {spec.batch_size} is less than 1")
        known = model.get_input_embeddings().weight.shape[0]
        self._encoder = Encoder(tokenizer, spec.bos, spec.max_length, known)
        self._scorer = Scorer(model, spec.batch_size, spec.max_length)
        self._generator = Generator(model, tokenizer, spec.batch_size)
        self.batch_done = True
        self._give_back = give_back
        self._cuda = {p.device for p in model.parameters() if p.device.type == "cuda"}

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield answers batch by batch, likelihoods first; prompts that can't be encoded fail."""
        likelihoods: dict[int, LogLikelihood | RollingLogLikelihood] = {}
        prompts: dict[int, list[int]] = {}
        asked: dict[int, Generate] = {}
        for index, request in enumerate(requests):
            if not isinstance(request, Generate):
                likelihoods[index] = request
                continue
            try:
                prompts[index] = self._encoder.prompt(request.context, request.max_tokens)
                asked[index] = request
            except UnencodableError as error:
                self.batch_done = True
                yield index, Failure(str(error))
        for index, response, last in stream(likelihoods, self._encoder, self._scorer):
            self.batch_done = last
            yield index, response
        for answer in self._generator.generate(asked, prompts):
            self.batch_done = self._generator.batch_done
            yield answer

    def measured(self) -> Measurements:
        """Return times, cuts, halvings and CUDA memory since the last call, and begin anew."""
        import torch

        seconds = self._generator.first_token_seconds
        mean = fmean(seconds) if seconds else None
        seconds.clear()
        peak = sum(torch.cuda.max_memory_allocated(device) for device in self._cuda)
        for device in self._cuda:
            torch.cuda.reset_peak_memory_stats(device)
        cut, self._encoder.cut = self._encoder.cut, 0
        found = [n for n in (self._scorer.halved, self._generator.halved) if n is not None]
        self._scorer.halved = self._generator.halved = None
        notes = (*self._scorer.notes, *self._generator.notes)
        self._scorer.notes.clear()
        self._generator.notes.clear()
        return Measurements(
            first_token_seconds=mean,
            peak_device_bytes=peak if self._cuda else None,
            cut=cut,
            halved=min(found, default=None),
            notes=notes,
        )

    def close(self) -> None:
        """Free the weights, or leave the base to the next checkpoint that has the same."""
        import torch

        del self._scorer, self._generator
        if self._give_back is not None:
            self._give_back()
            self._give_back = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def open_backend(spec: BackendSpec, checkpoint: Checkpoint, inspection: Inspection) -> HFBackend:
    """Load a checkpoint.

    Raises CheckpointError if its parts don't fit each other, SpecError for an unknown option.
    """
    if spec.options:
        raise SpecError(f"backend.options: hf has none, not {', '.join(spec.options)}")
    tokenizer = load_tokenizer(inspection)
    model, give_back = borrowed(spec, inspection)
    if inspection.tokenizer is not None:  # transformers invents tokens for GGUF files
        _check_vocabulary(checkpoint.name, tokenizer, model)
    try:
        with quiet():
            return HFBackend(model, tokenizer, spec, give_back)
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
