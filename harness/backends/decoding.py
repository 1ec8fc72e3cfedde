"""Which texts are continued together: those that begin alike, the longest first, within memory.

A text that ends makes room for one that waits, so the batch stays full and nobody pays for a
neighbour that goes on.
"""

import inspect
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from harness.backends.continuing import Continuing
from harness.backends.prefix import common, prefix_cache
from harness.backends.slots import Slots
from harness.backends.texts import Ended, Wanted
from harness.records import Failure

__all__ = ["SlotDecoder"]

_REFILL = 8  # texts come when this part of the batch is free, so that some come together
_GIB = 1 << 30


class _Queue:
    """Texts that wait and those in the batch, and what most of them begin with."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self.waiting = deque(sorted(wanted, key=lambda each: (-each.length, each.prompt)))
        self.going: dict[tuple[int, int], Wanted] = {}
        self.prefix = _shared([each.prompt for each in wanted])
        self.cache: Any = None
        """The prefix's keys and values, once they are known."""

    def begin(self, count: int, shortest: int) -> list[Wanted]:
        """Take at most ``count`` texts of ``shortest`` tokens at least into the batch."""
        found: list[Wanted] = []
        while self.waiting and len(found) < count and self.waiting[0].length >= shortest:
            found.append(self.waiting.popleft())
        self.going |= {(each.key, each.copy): each for each in found}
        return found

    def end(self, wanted: Wanted) -> None:
        """Take a text out of the batch."""
        del self.going[wanted.key, wanted.copy]

    def back(self) -> None:
        """Let all that are in the batch wait again."""
        self.waiting.extendleft(reversed(self.going.values()))
        self.going.clear()


class SlotDecoder:
    """Continues texts under a model whose cache can be kept in slots.

    ``layers`` and ``bytes_per_token`` (in all layers together) are the cache's.
    """

    def __init__(
        self, model: Any, layers: int, bytes_per_token: int, first_token_seconds: list[float]
    ) -> None:
        self._model, self._layers, self._bytes = model, layers, bytes_per_token
        self._device = model.get_input_embeddings().weight.device
        small = self._device.type == "cpu"
        self.widest = 64 if small else 256
        """Texts at a time; with more, a step takes longer by as much."""
        keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        self.at_once = 512 if small or not keeps else 8192
        """Tokens of prompts at a time; with more, what is between layers leaves a core's cache."""
        self._most: int | None = None
        """Tokens in the cache; None until memory didn't suffice."""
        self._first_token_seconds = first_token_seconds
        self.halved: int | None = None

    def run(self, wanted: Sequence[Wanted]) -> Iterator[list[Ended]]:
        """Yield what ended at a step, at least one text, until all have."""
        queue = _Queue(wanted)
        while queue.waiting:
            columns = queue.waiting[0].length
            fitting = self._fitting(columns)
            count = min(fitting, len(queue.waiting))
            # In narrower slots, texts half as long would be twice as many.
            shortest = columns // 2 + 1 if 2 * fitting <= self.widest else 1
            try:
                yield from self._continue(queue, count, columns, shortest)
                continue
            except torch.OutOfMemoryError:
                queue.back()
            if count == 1:
                yield [_too_long(queue.waiting.popleft())]
            else:
                self._halve(count, columns)

    def _continue(
        self, queue: _Queue, count: int, columns: int, shortest: int
    ) -> Iterator[list[Ended]]:
        """Continue the texts that are not below the ``shortest``, in so many slots."""
        start = time.monotonic()
        slots = Slots(self._layers, count, columns)
        prefix = queue.prefix if len(queue.prefix) <= columns else ()
        if prefix:
            queue.cache = queue.cache or prefix_cache(self._model, prefix)
            slots.begin_with(queue.cache)
        texts = Continuing(self._model, slots, prefix, self.at_once)
        while True:
            new = []
            if (count - len(texts)) * _REFILL >= count:
                new = queue.begin(count - len(texts), shortest)
                texts.add(new)
            if not len(texts):
                return
            ended = texts.step()
            if new:
                self._first_token_seconds.append(time.monotonic() - start)
            for text in ended:
                queue.end(text.wanted)
            if ended:
                yield [(text.wanted, text.outcome) for text in ended if text.outcome is not None]
            start = time.monotonic()

    def _fitting(self, columns: int) -> int:
        """Return how many slots of so many columns memory is used for."""
        tokens = self._memory() // self._bytes if self._most is None else self._most
        return max(1, min(self.widest, tokens // columns))

    def _memory(self) -> int:
        """Return the bytes that the cache may take: a GiB, or half of what a GPU has left."""
        if self._device.type != "cuda":
            return _GIB
        held = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return (torch.cuda.mem_get_info(self._device)[0] + held) // 2

    def _halve(self, count: int, columns: int) -> None:
        """Remember that memory didn't suffice for so many slots."""
        self._most, self.at_once = count // 2 * columns, max(512, self.at_once // 2)
        self.halved = min(count // 2, self.halved or count)


def _shared(prompts: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return what most of the prompts begin with, so long that most tokens needn't be read again.

    A prompt that was too long lost its beginning; it shouldn't cost the others theirs. Of a prompt
    one token is never shared, for something must be read to predict what follows.
    """
    if len(prompts) < 2:
        return ()
    middle = sorted(prompts)[len(prompts) // 2]  # what most begin with, it begins with
    lengths = sorted((common(each[:-1], middle) for each in prompts), reverse=True)
    saved = ((k * lengths[k], lengths[k]) for k in range(len(prompts) // 2, len(prompts)))
    return middle[: max(saved)[1]]


def _too_long(wanted: Wanted) -> Ended:
    said = f"out of memory on a prompt of {len(wanted.prompt)} tokens alone"
    return wanted, Failure(said)
