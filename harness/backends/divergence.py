"""How far two models' predictions of the same text are apart, over the whole vocabulary.

At every predicted token, with p the reference's distribution and q the candidate's, given the same
tokens before it: KL(p || q), KL(q || p) in nats, and the total variation, half of sum |p - q|.
Log-softmax and sums are in float32 from logits as each model makes them. Logits are made for some
positions at a time: those of a whole window would be the largest tensors of an evaluation.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from harness.backends.base import BackendSpec
from harness.backends.encoding import Encoder, Span, UnencodableError
from harness.backends.heads import head_of
from harness.backends.probe import stretches
from harness.backends.weights import load_model, load_tokenizer, quiet
from harness.checkpoint import Inspection
from harness.errors import CheckpointError
from harness.records import Failure, Generate, LogLikelihood, Request, RollingLogLikelihood

__all__ = ["Loaded", "Pair", "Sums", "load", "open_encoder", "windows"]

_AT_ONCE = 1 << 26  # numbers: 256 MiB in float32, some six times in all
_IN_CACHE = 1 << 22  # numbers: what the caches of a processor hold


@dataclass(frozen=True, slots=True)
class Sums:
    """Over the predicted tokens of a text."""

    tokens: int
    forward: float
    """KL(reference || candidate), nats."""
    reverse: float
    """KL(candidate || reference), nats."""
    variation: float

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.tokens + other.tokens,
            self.forward + other.forward,
            self.reverse + other.reverse,
            self.variation + other.variation,
        )


class Loaded:
    """A model and the way to its logits."""

    def __init__(self, model: Any, max_length: int) -> None:
        with quiet(), torch.inference_mode():
            self._model, self._head = model, head_of(model)
        known, out = model.get_input_embeddings(), model.get_output_embeddings()
        self.device: torch.device = known.weight.device
        self.embeddings = int(known.weight.shape[0])
        """Tokens that the model knows."""
        self.words = self.embeddings if out is None else int(out.weight.shape[0])
        """Tokens that it may predict."""
        self.alone = stretches(model, max_length)
        """Whether each text has to be read alone."""

    @property
    def most(self) -> int | None:
        """How many positions :meth:`logits` can be asked for at once; None for any number."""
        return self._head.most or None

    def logits(
        self, inputs: Mapping[str, Tensor], rows: Tensor, columns: Tensor
    ) -> Callable[[slice], Tensor]:
        """Read ``inputs``; return what gives the logits (p, words) of p of the positions (P,)."""
        placed = {name: tensor.to(self.device) for name, tensor in inputs.items()}
        pick = self._head.pick
        if self.most is not None:  # the model keeps to the positions it is asked for
            return lambda part: pick(placed, rows[part], columns[part])
        picked = pick(placed, rows, columns)
        if self._head.most == 0:
            return lambda part: picked[part]
        out = self._model.get_output_embeddings()
        return lambda part: out(picked[part].to(out.weight.device))


def load(spec: BackendSpec, inspection: Inspection) -> Loaded:
    """Load one side; CheckpointError as :func:`harness.backends.weights.load_model`."""
    return Loaded(load_model(spec, inspection), spec.max_length)


def open_encoder(spec: BackendSpec, inspection: Inspection, embeddings: int) -> Encoder:
    """Return the encoder that a scorer of this checkpoint would have; CheckpointError likewise."""
    tokenizer = load_tokenizer(inspection)
    try:
        with quiet():
            return Encoder(tokenizer, spec.bos, spec.max_length, embeddings)
    except UnencodableError as error:
        raise CheckpointError(f"{inspection.folder}: {error}") from error


def windows(encoder: Encoder, requests: Sequence[Request]) -> list[Span]:
    """Return what is read of a document's texts; UnencodableError for one that can't be read."""
    spans: list[Span] = []
    for request in requests:
        match request:
            case RollingLogLikelihood(text, overlap):
                spans += encoder.rolling(text, overlap)
            case LogLikelihood(context, continuation):
                spans.append(encoder.pair(context, continuation))
            case Generate():
                raise UnencodableError("a prompt for an answer has no text of its own to score")
    return spans


class Pair:
    """Reference and candidate, both loaded, of the same vocabulary."""

    def __init__(
        self, reference: Loaded, candidate: Loaded, batch_size: int, at_once: int | None = None
    ) -> None:
        """Take both; ``at_once`` is how many logits of a model are made at a time."""
        self._sides = reference, candidate
        own = any(side.most is not None for side in self._sides)
        self._batch_size = 1 if own or reference.alone or candidate.alone else batch_size
        in_cache = reference.device.type == "cpu" and not own
        chunk = max(1, (at_once or (_IN_CACHE if in_cache else _AT_ONCE)) // reference.words)
        self._chunk = min(chunk, *(side.most or chunk for side in self._sides))

    @property
    def obstacle(self) -> str | None:
        """Why they can't be compared; None if they can."""
        ours, theirs = self._sides
        for what, a, b in (
            ("embeddings", ours.embeddings, theirs.embeddings),
            ("outputs", ours.words, theirs.words),
        ):
            if a != b:
                return f"the models have {a:,} and {b:,} {what}; no common vocabulary to sum over"
        return None

    def measure(self, spans: Sequence[Span]) -> list[Sums | Failure]:
        """Return the sums of each span, or why it has none."""
        found: list[Sums | Failure] = []
        for begin in range(0, len(spans), self._batch_size):
            found += self._answer(spans[begin : begin + self._batch_size])
        return found

    def _answer(self, spans: Sequence[Span]) -> list[Sums | Failure]:
        try:
            return list(self._batch(spans))
        except torch.OutOfMemoryError:
            if len(spans) == 1:
                return [Failure(f"out of memory on {len(spans[0].fed)} tokens alone")]
        half = len(spans) // 2
        return [*self._answer(spans[:half]), *self._answer(spans[half:])]

    @torch.inference_mode()
    def _batch(self, spans: Sequence[Span]) -> Iterator[Sums | Failure]:
        where = [(r, c) for r, s in enumerate(spans) for c in range(s.start - 1, len(s.fed))]
        rows, columns = torch.tensor(where).T
        inputs = _padded([span.fed for span in spans])
        ours, theirs = (side.logits(inputs, rows, columns) for side in self._sides)
        parts = [slice(i, i + self._chunk) for i in range(0, len(where), self._chunk)]
        table = torch.cat([_apart(ours(part), theirs(part)) for part in parts]).double().cpu()
        for own in torch.tensor_split(table, _ends(spans)):
            if bool(own.isfinite().all()):
                yield Sums(len(own), *own.sum(dim=0).tolist())
            else:
                yield Failure("the models' divergence isn't a finite number")


def _apart(ours: Tensor, theirs: Tensor) -> Tensor:
    """Return (P, 3), forward KL, reverse KL and total variation, of logits (P, words) of each."""
    log_p = torch.log_softmax(ours.float(), dim=-1)
    log_q = torch.log_softmax(theirs.to(ours.device).float(), dim=-1)
    p, q = log_p.exp(), log_q.exp()
    apart = log_p - log_q
    zero = apart.new_zeros(())  # a word that is impossible adds nothing: 0 log 0 = 0
    forward = torch.where(p == 0, zero, p * apart).sum(dim=-1)
    reverse = torch.where(q == 0, zero, -q * apart).sum(dim=-1)
    return torch.stack([forward, reverse, (p - q).abs().sum(dim=-1) / 2], dim=-1)


def _ends(spans: Sequence[Span]) -> list[int]:
    """Return after how many predicted tokens each span but the last ends."""
    return list(accumulate(len(span.scored) for span in spans))[:-1]


def _padded(sequences: Sequence[tuple[int, ...]]) -> dict[str, Tensor]:
    """Return ids (R, T), padded on the right, and a mask (R, T) if anything is padded."""
    width = max(map(len, sequences))
    ids = torch.tensor([[*sequence, *[0] * (width - len(sequence))] for sequence in sequences])
    lengths = torch.tensor([[len(sequence)] for sequence in sequences])
    if bool((lengths == width).all()):
        return {"input_ids": ids}
    return {"input_ids": ids, "attention_mask": (torch.arange(width)[None] < lengths).long()}
