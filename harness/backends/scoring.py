"""Log-likelihoods of spans: length-sorted batches, float32 log-softmax, one transfer per batch."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from harness.backends.encoding import Span
from harness.backends.heads import LogitsOf, head_of
from harness.records import Failure, Likelihood

__all__ = ["Scorer"]

_LOGITS_AT_ONCE = 1 << 26  # numbers: 256 MiB in float32


@dataclass(frozen=True, slots=True)
class _Row:
    """One sequence that the model reads, and the spans that it answers.

    Spans that differ in their last token only (the letters of a multiple choice) share a row.
    """

    fed: tuple[int, ...]
    members: list[int]
    first: int
    """The earliest scored token's index."""


class Scorer:
    """Scores spans under one model."""

    def __init__(self, model: Any, batch_size: int) -> None:
        self._head = head_of(model)
        self._batch_size = batch_size
        embedding = model.get_input_embeddings().weight
        self._device = embedding.device
        self._step = max(1, _LOGITS_AT_ONCE // embedding.shape[0])

    def score(self, spans: Sequence[Span]) -> Iterator[dict[int, Likelihood | Failure]]:
        """Yield answers by index into ``spans``, batch by batch, longest first.

        A span whose log-probability isn't finite, or for which memory doesn't suffice even alone,
        gets a Failure.
        """
        rows = _rows(spans)
        for begin in range(0, len(rows), self._batch_size):
            yield self._answer(rows[begin : begin + self._batch_size], spans)

    def _answer(self, rows: Sequence[_Row], spans: Sequence[Span]) -> dict[int, Any]:
        try:
            return self._batch(rows, spans)
        except torch.OutOfMemoryError:
            if len(rows) == 1:
                short = Failure(f"out of memory on {len(rows[0].fed)} tokens alone")
                return dict.fromkeys(rows[0].members, short)
        half = len(rows) // 2
        return {**self._answer(rows[:half], spans), **self._answer(rows[half:], spans)}

    @torch.inference_mode()
    def _batch(self, rows: Sequence[_Row], spans: Sequence[Span]) -> dict[int, Any]:
        ids, mask = _padded([row.fed for row in rows])
        where = [(r, c) for r, row in enumerate(rows) for c in range(row.first - 1, len(row.fed))]
        targets: list[tuple[int, int]] = []  # (position among the picked ones, token)
        owners: list[tuple[int, int]] = []  # (span, how many targets)
        offset = 0
        for row in rows:
            for member in row.members:
                span = spans[member]
                begin = offset + span.start - row.first
                targets += enumerate(span.scored, start=begin)
                owners.append((member, len(span.scored)))
            offset += len(row.fed) - row.first + 1
        picked = torch.tensor(where).T
        logits_of = self._head(
            ids.to(self._device), None if mask is None else mask.to(self._device), *picked
        )
        steps = [*range(0, len(where), self._step), len(where)]
        table = _log_probs(logits_of, steps, torch.tensor(targets).T).cpu()
        return dict(_split(table, owners))


def _rows(spans: Sequence[Span]) -> list[_Row]:
    members: dict[tuple[int, ...], list[int]] = {}
    for index, span in enumerate(spans):
        members.setdefault(span.fed, []).append(index)
    rows = [
        _Row(fed, indices, min(spans[index].start for index in indices))
        for fed, indices in members.items()
    ]
    return sorted(rows, key=lambda row: (-len(row.fed), row.fed))


def _padded(sequences: Sequence[tuple[int, ...]]) -> tuple[Tensor, Tensor | None]:
    """Return ids (R, T) padded on the right and their mask; no mask if nothing is padded."""
    width = max(map(len, sequences))
    ids = torch.tensor([[*sequence, *[0] * (width - len(sequence))] for sequence in sequences])
    if all(len(sequence) == width for sequence in sequences):
        return ids, None
    lengths = torch.tensor([[len(sequence)] for sequence in sequences])
    return ids, (torch.arange(width)[None] < lengths).long()


def _log_probs(logits_of: LogitsOf, steps: Sequence[int], targets: Tensor) -> Tensor:
    """Return (2, M): log-probability of each target (position, token), and 1 where it is the top.

    Logits are made from one of ``steps`` (positions) to the next. In float32 whatever the model's
    dtype: in bfloat16 choices tie.
    """
    order = torch.argsort(targets[0], stable=True)
    where, tokens = targets[0][order], targets[1][order]
    bounds = torch.searchsorted(where, torch.tensor(steps)).tolist()
    found = []
    for (a, b), (low, high) in zip(pairwise(steps), pairwise(bounds), strict=True):
        logits = logits_of(a, b)
        at = (where[low:high] - a).to(logits.device)
        wanted = tokens[low:high].to(logits.device)
        chosen = logits[at, wanted] - torch.logsumexp(logits, dim=-1)[at]
        found.append(torch.stack([chosen, (logits.argmax(dim=-1)[at] == wanted).float()]))
    table = torch.cat(found, dim=1)
    return table[:, torch.argsort(order).to(table.device)]


def _split(table: Tensor, owners: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Any]]:
    logprobs, tops = table.double().tolist()
    done = 0
    for member, count in owners:
        total = math.fsum(logprobs[done : done + count])
        greedy = all(tops[done : done + count])
        done += count
        if math.isfinite(total):
            yield member, Likelihood(logprob=total, tokens=count, greedy=greedy)
        else:
            yield member, Failure("the model's log-probability isn't a finite number")
