"""Texts that are continued side by side: they come, grow by a token a step, and leave."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from harness.backends.choosing import choose
from harness.backends.prefix import common
from harness.backends.slots import Slots
from harness.backends.texts import Text, Wanted
from harness.records import Failure

__all__ = ["Continuing"]


class Continuing:
    """Texts in the first slots of a cache, in no order, under one model.

    All of a prompt but its last token is read when a text comes; the last one is read with the
    newest tokens of the others, so that logits are made in one place and of one position only.
    """

    def __init__(
        self, model: Any, slots: Slots, prefix: tuple[int, ...] = (), at_once: int = 512
    ) -> None:
        """Continue texts of which most begin with the ``prefix`` that is in all slots already.

        About ``at_once`` tokens of prompts are read in one pass.
        """
        self._model, self._slots, self._at_once = model, slots, at_once
        self._device = model.get_input_embeddings().weight.device
        keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        self._options = {"use_cache": True, **({"logits_to_keep": 1} if keeps else {})}
        self._texts: list[Text] = []
        self._shared = len(prefix)
        self._held = [prefix] * slots.count  # what each slot begins with

    def __len__(self) -> int:
        return len(self._texts)

    @torch.inference_mode()
    def add(self, wanted: Sequence[Wanted]) -> None:
        """Read prompts into free slots; equal ones are read once."""
        places = {text.wanted.prompt: slot for slot, text in enumerate(self._texts)}
        first: dict[tuple[int, ...], Wanted] = {}
        others = []
        for each in wanted:
            if each.prompt in places or each.prompt in first:
                others.append(each)
            else:
                first[each.prompt] = each
        for column, group in self._groups(list(first.values())):
            self._read(group, column)
            for each in group:
                places[each.prompt] = len(self._texts)
                self._append(each)
        for each in others:
            self._slots.copy(places[each.prompt], len(self._texts), len(each.prompt) - 1)
            self._append(each)

    def _append(self, wanted: Wanted) -> None:
        self._held[len(self._texts)] = wanted.prompt[:-1]
        self._texts.append(Text(wanted, self._device))

    @torch.inference_mode()
    def step(self) -> list[Text]:
        """Continue all texts by a token; return those that ended, which leave."""
        return self.take(choose(self.logits(), [text.chance for text in self._texts]))

    @torch.inference_mode()
    def logits(self) -> Tensor:
        """Read the newest tokens; return float32 logits (texts, vocabulary) of what follows."""
        columns = [text.column for text in self._texts]
        logits: Tensor = self._model(
            input_ids=self._tensor([[text.newest] for text in self._texts]),
            attention_mask=self._mask(columns),
            position_ids=self._tensor([[column] for column in columns]),
            past_key_values=self._slots.read_next(columns),
            **self._options,
        ).logits[:, -1]
        return logits.float()

    @torch.inference_mode()
    def take(self, tokens: Sequence[int]) -> list[Text]:
        """Add a token to each text; return those that ended, which leave."""
        ended = []
        for slot in reversed(range(len(tokens))):  # the last text fills a gap; it has had its turn
            text = self._texts[slot]
            text.take(tokens[slot])
            if text.outcome is not None:
                ended.append(text)
                self._leave(slot)
        return ended

    def _leave(self, slot: int) -> None:
        """Free a slot, which the last of the texts then takes."""
        if isinstance(self._texts[slot].outcome, Failure):  # NaN would get through any mask
            self._slots.clear(slot)
            self._held[slot] = ()
        last = self._texts.pop()
        if slot < len(self._texts):
            self._slots.copy(len(self._texts), slot, last.column)
            self._held[slot] = last.wanted.prompt[:-1]
            self._texts[slot] = last

    def _groups(self, wanted: Sequence[Wanted]) -> Iterator[tuple[int, list[Wanted]]]:
        """Yield neighbours that are read from the same column on, and that column.

        Together they take about as many tokens as are read at once, padding included.
        """
        group: list[Wanted] = []
        begin = width = 0
        for slot, each in enumerate(wanted, start=len(self._texts)):
            known = common(self._held[slot], each.prompt[:-1])
            column = min(known, self._shared)
            tokens = len(each.prompt) - column
            full = max(width, tokens) * (len(group) + 1) > self._at_once
            if group and (column != begin or full):
                yield begin, group
                group, width = [], 0
            begin, width = column, max(width, tokens)
            group.append(each)
        if group:
            yield begin, group

    def _read(self, wanted: Sequence[Wanted], column: int) -> None:
        """Read prompts into the next free slots; padding comes behind, where no token looks."""
        width = max(len(each.prompt) for each in wanted) - 1 - column
        if not width:
            return
        rows = [[*each.prompt[column:], *[each.prompt[-1]] * width] for each in wanted]
        positions = torch.arange(column, column + width, device=self._device)
        self._model(
            input_ids=self._tensor([row[:width] for row in rows]),
            position_ids=positions.expand(len(rows), -1),
            past_key_values=self._slots.read_at(len(self._texts), column),
            **self._options,
        )

    def _mask(self, columns: Sequence[int]) -> Tensor:
        """Return what is added to scores, (rows, 1, 1, columns): each text sees itself."""
        hidden = torch.arange(max(columns) + 1) > torch.tensor(columns)[:, None]
        mask = torch.zeros(hidden.shape, dtype=self._model.dtype)
        mask.masked_fill_(hidden, torch.finfo(mask.dtype).min)
        return mask[:, None, None].to(self._device)

    def _tensor(self, values: Any) -> Tensor:
        return torch.tensor(values, device=self._device)
