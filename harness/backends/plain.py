"""Log-likelihoods without packing: right for every causal model. Length-sorted padded batches."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from harness.backends.encoding import Span
from harness.backends.heads import Head, likelihoods
from harness.backends.packing import Reading, readings
from harness.records import Failure, Likelihood

__all__ = ["PlainScorer"]


class PlainScorer:
    """Scores spans, each sequence on its own."""

    def __init__(self, model: Any, head: Head, batch_size: int) -> None:
        self._head, self._batch_size = head, batch_size
        self._device = model.get_input_embeddings().weight.device
        self.halved: int | None = None
        """The smallest batch left after halving for lack of memory; emptied by the owner."""

    def score(self, spans: Sequence[Span]) -> Iterator[dict[int, Likelihood | Failure]]:
        """Yield answers by index into ``spans``, batch by batch, longest first.

        A span whose log-probability isn't finite, or for which memory doesn't suffice even alone,
        gets a Failure.
        """
        rows = sorted(readings(spans), key=lambda row: -len(row.fed))
        for begin in range(0, len(rows), self._batch_size):
            yield self._answer(rows[begin : begin + self._batch_size], spans)

    def _answer(
        self, rows: Sequence[Reading], spans: Sequence[Span]
    ) -> dict[int, Likelihood | Failure]:
        try:
            return self._batch(rows, spans)
        except torch.OutOfMemoryError:
            if len(rows) == 1:
                short = Failure(f"out of memory on {len(rows[0].fed)} tokens alone")
                return dict.fromkeys(rows[0].members, short)
        half = len(rows) // 2
        self.halved = min(len(rows) - half, self.halved or len(rows))
        return {**self._answer(rows[:half], spans), **self._answer(rows[half:], spans)}

    @torch.inference_mode()
    def _batch(
        self, rows: Sequence[Reading], spans: Sequence[Span]
    ) -> dict[int, Likelihood | Failure]:
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
        inputs = {"input_ids": ids.to(self._device)}
        if mask is not None:
            inputs["attention_mask"] = mask.to(self._device)
        picked = self._head.pick(inputs, *torch.tensor(where).T)
        table = self._head.log_probs(picked, torch.tensor(targets).T)
        return dict(likelihoods(table, owners))


def _padded(sequences: Sequence[tuple[int, ...]]) -> tuple[Tensor, Tensor | None]:
    """Return ids (R, T) padded on the right and their mask; no mask if nothing is padded."""
    width = max(map(len, sequences))
    ids = torch.tensor([[*sequence, *[0] * (width - len(sequence))] for sequence in sequences])
    if all(len(sequence) == width for sequence in sequences):
        return ids, None
    lengths = torch.tensor([[len(sequence)] for sequence in sequences])
    return ids, (torch.arange(width)[None] < lengths).long()
