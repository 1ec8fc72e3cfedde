"""What token sequences begin with in common, and its keys and values, computed once."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

__all__ = ["common", "common_prefix", "prefix_cache"]


def common(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Return how many tokens both begin with."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return bisect_left(range(most), 1, key=lambda end: one[: end + 1] != other[: end + 1])


def common_prefix(sequences: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all sequences begin with in common; 0 if there are none."""
    ordered = [tuple(sequence) for sequence in sequences]
    return common(min(ordered), max(ordered)) if ordered else 0  # all others lie between them


def prefix_cache(model: Any, tokens: Sequence[int]) -> Any:
    """Return a transformers cache (batch 1) of the keys and values of ``tokens``, at least one.

    It is for models that attend to all tokens before; a sliding window or a state isn't looked for.
    """
    import torch

    ids = torch.tensor([list(tokens)], device=model.get_input_embeddings().weight.device)
    with torch.inference_mode():
        return model.base_model(input_ids=ids, use_cache=True).past_key_values
