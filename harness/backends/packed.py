"""Log-likelihoods of packed spans: a shared beginning is computed once, so is every other token."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from harness.backends.encoding import Span
from harness.backends.heads import Head, likelihoods
from harness.backends.layout import Layout, lay_out
from harness.backends.packing import Pack, Reading, packs, readings
from harness.backends.prefix import common
from harness.backends.tree_attention import Kept, Row, attending
from harness.records import Failure, Likelihood

__all__ = ["PackedScorer"]

_BUDGET = {"cpu": 1024, "cuda": 16384}  # tokens of a row; more gain nothing
_BLOCK = {"cpu": 128, "cuda": 1024}  # tokens that attend at once
_SHARE = 0.25  # of an accelerator's free memory that a row may take


class PackedScorer:
    """Scores spans under a model that attends to all tokens before."""

    def __init__(self, model: Any, head: Head) -> None:
        self._model, self._head = model, head
        self._like = model.get_input_embeddings().weight
        kind = self._like.device.type
        self.block = _BLOCK.get(kind, 512)
        self.budget = min(_BUDGET.get(kind, 4096), _affordable(model, self._like.device))
        if head.most is not None:
            self.budget = min(self.budget, head.most)
        self._kept = [Kept()]  # each begins with the one before it
        self.halved: int | None = None
        """The smallest batch left after halving for lack of memory; emptied by the owner."""
        self.windows: list[int | None] = []
        """How far back each layer saw that attended in the last row; None: to the beginning."""

    def score(self, spans: Sequence[Span]) -> Iterator[dict[int, Likelihood | Failure]]:
        """Yield answers by index into ``spans``, batch by batch, in the order of their tokens.

        A span whose log-probability isn't finite, or for which memory doesn't suffice even alone,
        gets a Failure.
        """
        for pack in packs(readings(spans), self.budget):
            for piece in self._smaller(pack):
                yield self._answer(piece, spans)

    def _smaller(self, pack: Pack) -> Iterator[Pack]:
        """Yield a pack as it is, or in pieces if the budget has shrunk since."""
        if pack.size <= self.budget or len(pack.readings) == 1:
            yield pack
        else:
            yield from packs(pack.readings, self.budget, len(pack.prefix))

    def _answer(self, pack: Pack, spans: Sequence[Span]) -> dict[int, Likelihood | Failure]:
        try:
            return self.run(pack, spans)
        except torch.OutOfMemoryError:
            if len(pack.readings) == 1:
                short = Failure(f"out of memory on {len(pack.readings[0].fed)} tokens alone")
                return dict.fromkeys(pack.readings[0].members, short)
        self.budget = max(1, pack.size // 2)
        pieces = list(self._smaller(pack))
        self.halved = min(self.halved or len(pack.readings), *(len(p.readings) for p in pieces))
        return {k: v for piece in pieces for k, v in self._answer(piece, spans).items()}

    @torch.inference_mode()
    def run(self, pack: Pack, spans: Sequence[Span]) -> dict[int, Likelihood | Failure]:
        """Answer a pack as it is, whatever the budget.

        Raises torch.OutOfMemoryError, and UnpackableError for a model that attends otherwise.
        """
        kept = self._behind(pack.prefix)
        layout = lay_out(pack, spans, self.block)
        row = Row(layout, kept, self._like, keep=False)
        columns = torch.tensor(layout.picked)
        with attending(self._model, row):
            picked = self._head.pick(self._inputs(layout), torch.zeros_like(columns), columns)
        self.windows = row.windows
        table = self._head.log_probs(picked, torch.tensor(layout.targets).T)
        return dict(likelihoods(table, layout.owners))

    def _behind(self, prefix: tuple[int, ...]) -> Kept:
        """Return the keys and values of a prefix, computing what of it isn't there yet."""
        while (shared := common(self._kept[-1].tokens, prefix)) < len(self._kept[-1].tokens):
            last = self._kept.pop()
            if shared > len(self._kept[-1].tokens):
                self._kept.append(last.begin(shared))
        last = self._kept[-1]
        if len(last.tokens) < len(prefix):
            new = prefix[len(last.tokens) :]
            alone = Pack(last.tokens, (Reading(prefix, (), len(prefix)),), len(new))
            layout = lay_out(alone, (), self.block)
            row = Row(layout, last, self._like, keep=True)
            with attending(self._model, row):
                self._model.base_model(**self._inputs(layout), use_cache=False)
            self._kept.append(last.extend(new, row))
        return self._kept[-1]

    def _inputs(self, layout: Layout) -> dict[str, Any]:
        places = torch.tensor([layout.tokens, layout.positions]).to(self._like.device)
        return {"input_ids": places[:1], "position_ids": places[1:]}


def _affordable(model: Any, device: torch.device) -> int:
    """Estimate how many tokens fit on an accelerator at once; without one, any number."""
    if device.type != "cuda":
        return _BUDGET["cuda"]
    config = model.config.get_text_config()
    wide = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    each = model.dtype.itemsize * (4 * wide + 16 * config.hidden_size)
    free = torch.cuda.mem_get_info(device)[0]
    return max(256, int(_SHARE * free / each))
