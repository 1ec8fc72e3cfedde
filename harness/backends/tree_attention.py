"""Attention in a row that holds a trie, behind keys and values that were computed before.

It stands in for a model's own attention through transformers' AttentionInterface, so it gets
queries, keys and values as the model made them, and makes no mask of row x row. Each block of the
row attends to what it sees of the row and to the whole prefix; key and value heads aren't repeated.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

from harness.backends.layout import Block, Layout

__all__ = ["Kept", "Row", "UnpackableError", "attending"]

_NAME = "aligntax_tree"
_ELSEWHERE = ("softcap", "s_aux", "position_bias", "head_mask", "cache")


class UnpackableError(RuntimeError):
    """The model attends in a way that a packed row has no equal of."""


class Kept:
    """Keys and values of tokens, layer by layer: (key heads, tokens + room, head size)."""

    def __init__(self, tokens: tuple[int, ...] = ()) -> None:
        self.tokens = tokens
        self._layers: dict[Any, tuple[Tensor, Tensor]] = {}

    def begin(self, length: int) -> "Kept":
        """Return the first ``length`` tokens; memory is shared."""
        found = Kept(self.tokens[:length])
        for layer, (keys, values) in self._layers.items():
            found._layers[layer] = keys[:, :length], values[:, :length]
        return found

    def extend(self, tokens: tuple[int, ...], row: "Row") -> "Kept":
        """Return these and what a row of ``tokens`` behind them left."""
        found, length = Kept(self.tokens + tokens), len(self.tokens)
        for layer, (keys, values) in row.left.items():
            if length:
                old_keys, old_values = self._layers[layer]
                keys = torch.cat([old_keys[:, :length], keys], dim=1)
                values = torch.cat([old_values[:, :length], values], dim=1)
            found._layers[layer] = keys.contiguous(), values.contiguous()
        return found

    def followed_by(self, layer: Any, row: tuple[Tensor, Tensor], seen: Sequence[Any]) -> Any:
        """Return keys and values of all kept tokens and of the ``seen`` ranges of a row."""
        length, end = len(self.tokens), len(self.tokens)
        if not length and len(seen) == 1:
            return [each[:, seen[0][0] : seen[0][1]] for each in row]
        wanted = length + sum(b - a for a, b in seen)
        if not length:
            return [torch.cat([each[:, a:b] for a, b in seen], dim=1) for each in row]
        held = self._layers[layer]
        if held[0].shape[1] < wanted:
            held = self._layers[layer] = _roomier(held[0], wanted), _roomier(held[1], wanted)
        for a, b in seen:
            for buffer, new in zip(held, row, strict=True):
                buffer[:, end : end + b - a] = new[:, a:b]
            end += b - a
        return [buffer[:, :wanted] for buffer in held]


def _roomier(kept: Tensor, length: int) -> Tensor:
    buffer = kept.new_empty(kept.shape[0], length, kept.shape[2])
    buffer[:, : kept.shape[1]] = kept
    return buffer


class _Sight:
    """A block of a row, and what it sees of the row and of what is kept before it."""

    def __init__(self, block: Block, positions: Sequence[int], kept: int, like: Tensor) -> None:
        self.begin, self.end, self.seen = block.begin, block.end, block.keys
        self._like = like
        columns = [place for begin, end in self.seen for place in range(begin, end)]
        column = {place: kept + index for index, place in enumerate(columns)}
        mask = torch.full((self.end - self.begin, kept + len(columns)), -torch.inf)
        mask[:, :kept] = 0.0
        for part in block.parts:
            rows = mask[part.begin - self.begin : part.end - self.begin]
            for begin, end in part.before:
                rows[:, column[begin] : column[end - 1] + 1] = 0.0
            own = rows[:, column[part.begin] : column[part.end - 1] + 1]
            own.copy_(own.triu(1))
        self._queries = torch.tensor(positions[self.begin : self.end])
        self._keys = torch.tensor([*range(kept), *(positions[place] for place in columns)])
        self._masks: dict[int | None, Tensor] = {None: mask.to(like.device, like.dtype)}

    def mask(self, window: int | None) -> Tensor:
        """Return what is added to the scores, (end - begin, kept + seen tokens): 0 or -inf.

        Of a ``window``, a token sees itself and the ``window - 1`` tokens before it.
        """
        if window is not None and window not in self._masks:
            far = (self._queries[:, None] - self._keys >= window).to(self._like.device)
            self._masks[window] = self._masks[None].masked_fill(far, -torch.inf)
        return self._masks[window]


class Row:
    """One packed row on its way through the layers."""

    def __init__(self, layout: Layout, kept: Kept, like: Tensor, *, keep: bool) -> None:
        self._kept, self._keep = kept, keep
        place = (layout.positions, len(kept.tokens), like)
        self._sights = [_Sight(block, *place) for block in layout.blocks]
        self.left: dict[Any, tuple[Tensor, Tensor]] = {}
        """Keys and values of the row by layer, if they are to be kept."""
        self.windows: list[int | None] = []
        """How far back each layer saw that attended; None: to the beginning."""

    def attend(
        self, layer: Any, heads: Sequence[Tensor], scale: float | None, window: int | None
    ) -> Tensor:
        """Return the layer's output (tokens, heads, size) for (heads, tokens, size) each."""
        query, key, value = heads
        self.windows.append(window)
        if self._keep:
            self.left[layer] = key, value
        groups = query.shape[0] // key.shape[0]
        grouped = query.reshape(key.shape[0], groups, *query.shape[1:])
        out = query.new_empty(query.shape[1], query.shape[0], value.shape[2])
        for sight in self._sights:
            keys, values = self._kept.followed_by(layer, (key, value), sight.seen)
            found = torch.nn.functional.scaled_dot_product_attention(
                grouped[:, :, sight.begin : sight.end],
                keys[:, None].expand(-1, groups, -1, -1),
                values[:, None].expand(-1, groups, -1, -1),
                attn_mask=sight.mask(window).to(query.dtype),
                scale=scale,
            )
            out[sight.begin : sight.end] = found.flatten(0, 1).transpose(0, 1)
        return out


_ROW: ContextVar[Row] = ContextVar("row")


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Be an attention of transformers: of (1, heads, tokens, size), (1, tokens, heads, size)."""
    odd = [name for name in _ELSEWHERE if others.get(name) is not None]
    if odd or attention_mask is not None:
        raise UnpackableError(f"its attention has {odd[0] if odd else 'a mask of its own'}")
    out = _ROW.get().attend(module, (query[0], key[0], value[0]), scaling, sliding_window)
    return out[None], None


AttentionInterface.register(_NAME, _attend)


@contextmanager
def attending(model: Any, row: Row) -> Iterator[None]:
    """Let a model attend by a row's blocks while the context lasts."""
    found: list[Any] = [getattr(module, "config", None) for module in model.modules()]
    configs = {id(c): c for c in found if hasattr(c, "_attn_implementation")}.values()
    before = [config._attn_implementation for config in configs]
    token = _ROW.set(row)
    try:
        for config in configs:
            config._attn_implementation = _NAME
        yield
    finally:
        for config, name in zip(configs, before, strict=True):
            config._attn_implementation = name
        _ROW.reset(token)
