"""Keys and values of many texts at once, each text in a slot of its own, its token k in column k.

A cache that grows by concatenation copies everything at every token and keeps texts of different
lengths aligned by padding. Here the tensors are made once, a new token is written in place, and a
text can leave or come at any time.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import Cache
from transformers.cache_utils import DynamicLayer

__all__ = ["Slots"]


class _Place(Protocol):
    """Where the tokens that the model reads next are written."""

    seen: int
    """How many columns come before the last that is written, as transformers counts them."""

    def put(self, buffer: Tensor, new: Tensor) -> Tensor:
        """Write (rows, heads, tokens, width) into a buffer; return what is attended to."""
        ...


class _Block:
    """Some tokens of each of some neighbouring slots, from the same column on."""

    def __init__(self, slot: int, column: int) -> None:
        self._slot, self.seen = slot, column

    def put(self, buffer: Tensor, new: Tensor) -> Tensor:
        rows = buffer[self._slot : self._slot + new.shape[0]]
        end = self.seen + new.shape[2]
        rows[:, :, self.seen : end] = new
        return rows[:, :, :end]


class _Next:
    """One token of each of the first slots, each in a column of its own."""

    def __init__(self, columns: Sequence[int]) -> None:
        self._columns = torch.tensor(columns)
        self._rows = torch.arange(len(columns))
        self.seen = max(columns)

    def put(self, buffer: Tensor, new: Tensor) -> Tensor:
        if self._columns.device != buffer.device:
            self._columns = self._columns.to(buffer.device)
            self._rows = self._rows.to(buffer.device)
        buffer[self._rows, :, self._columns] = new[:, :, 0]
        return buffer[: len(self._rows), :, : self.seen + 1]


class _Layer(DynamicLayer):  # type: ignore[misc] # transformers has no types
    """One layer's keys and values: (slots, heads, columns, width)."""

    def __init__(self, owner: "Slots") -> None:
        super().__init__()
        self._owner = owner

    def allocate(self, keys: Tensor, values: Tensor) -> None:
        """Make the tensors for keys and values like these; what is masked must be a number, too."""
        owner = self._owner
        self.keys = keys.new_zeros(owner.count, keys.shape[1], owner.columns, keys.shape[3])
        self.values = values.new_zeros(owner.count, values.shape[1], owner.columns, values.shape[3])
        self.is_initialized = True

    def update(self, keys: Tensor, values: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Write new keys and values; return all that the new tokens may attend to."""
        if not self.is_initialized:
            self.allocate(keys, values)
        put = self._owner.place.put
        return put(self.keys, keys), put(self.values, values)

    def get_seq_length(self) -> int:
        return self._owner.place.seen

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._owner.place.seen + query_length, 0


class Slots(Cache):  # type: ignore[misc] # transformers has no types
    """A cache of ``count`` slots with ``columns`` tokens each; memory is taken at the first use."""

    def __init__(self, layers: int, count: int, columns: int) -> None:
        self.count, self.columns = count, columns
        self.place: _Place = _Block(0, 0)
        super().__init__(layers=[_Layer(self) for _ in range(layers)])

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self._made)

    def begin_with(self, prefix: Any) -> None:
        """Let all slots begin with the keys and values of a transformers cache of batch 1."""
        for layer, known in zip(self.layers, prefix.layers, strict=True):
            layer.allocate(known.keys, known.values)
            length = known.keys.shape[2]
            layer.keys[:, :, :length] = known.keys
            layer.values[:, :, :length] = known.values

    def read_at(self, slot: int, column: int) -> "Slots":
        """Let what the model reads next, rows of tokens, go into slots from here on."""
        self.place = _Block(slot, column)
        return self

    def read_next(self, columns: Sequence[int]) -> "Slots":
        """Let the one token that the model reads next for each of the first slots go there."""
        self.place = _Next(columns)
        return self

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first columns of a slot over those of another."""
        for layer in self._made:
            layer.keys[target, :, :length] = layer.keys[source, :, :length]
            layer.values[target, :, :length] = layer.values[source, :, :length]

    def clear(self, slot: int) -> None:
        """Forget all that a slot holds."""
        for layer in self._made:
            layer.keys[slot] = 0
            layer.values[slot] = 0

    @property
    def _made(self) -> list[Any]:
        return [layer for layer in self.layers if layer.is_initialized]
