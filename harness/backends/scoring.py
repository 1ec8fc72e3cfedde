"""Log-likelihoods of spans: packed where that is right for the model, else in plain batches."""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.backends.encoding import Span
from harness.backends.heads import head_of
from harness.backends.packed import PackedScorer
from harness.backends.plain import PlainScorer
from harness.backends.probe import obstacle, stretches
from harness.records import Failure, Likelihood

__all__ = ["Scorer"]


class Scorer:
    """Scores spans of up to ``max_length`` tokens under one model.

    ``batch_size`` is for plain batches, in sequences; packs are filled by tokens.
    """

    def __init__(self, model: Any, batch_size: int, max_length: int) -> None:
        self._model, self._max_length = model, max_length
        head = head_of(model)
        self.plain = PlainScorer(model, head, 1 if stretches(model, max_length) else batch_size)
        self.packed: PackedScorer | None = None if head.most == 0 else PackedScorer(model, head)
        self.notes: list[str] = []
        """What a user should know of how it is scored; emptied by the owner."""
        self.halved: int | None = None
        """The smallest batch left after halving for lack of memory; emptied by the owner."""
        self._probed = False

    def score(self, spans: Sequence[Span]) -> Iterator[dict[int, Likelihood | Failure]]:
        """Yield answers by index into ``spans``, batch by batch.

        A span whose log-probability isn't finite, or for which memory doesn't suffice even alone,
        gets a Failure.
        """
        if spans and not self._probed:
            self._probe()
        scorer = self.packed or self.plain
        for batch in scorer.score(spans):
            if scorer.halved is not None:
                self.halved = min(scorer.halved, self.halved or scorer.halved)
                scorer.halved = None
            yield batch

    def _probe(self) -> None:
        self._probed = True
        why: str | None = "the model makes all logits or none"
        if self.packed is not None:
            why = obstacle(self._model, self._max_length, self.packed, self.plain)
        if why is not None:
            self.packed = None
            self.notes.append(f"packing: off, {why}")
