"""Whether a model's cache can be kept in slots: by what it says of itself, and by trying."""

import inspect
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from harness.backends.continuing import Continuing
from harness.backends.prefix import prefix_cache
from harness.backends.probe import unstretched
from harness.backends.slots import Slots
from harness.backends.stopping import Ending
from harness.backends.texts import Wanted

__all__ = ["Fit", "fit"]

_SHARED, _LENGTH, _STEPS = 3, 7, 4  # tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a model's cache is kept in slots."""

    layers: int
    bytes_per_token: int
    """In all layers together."""
    longest: float
    """Tokens of a text; beyond, a window slides or positions change."""


def fit(model: Any, ending: Ending) -> Fit | str:
    """Return how a model's cache is kept in slots, or why it can't be.

    ``ending`` is one that never comes: without EOS and stop strings.
    """
    return _declared(model) or _tried(model, ending)


def _declared(model: Any) -> str | None:
    if model.config.is_encoder_decoder:
        return "the model is an encoder-decoder"
    if getattr(model, "_is_stateful", False):
        return "the model keeps a state"
    taken = inspect.signature(model.forward).parameters
    if not {"past_key_values", "position_ids"} <= set(taken):
        return "the model takes no positions"
    if len({parameter.device for parameter in model.parameters()}) > 1:
        return "the model lies on several devices"
    if getattr(model.config, "alibi", False):
        return "the model weighs by distance (ALiBi)"
    others = {type(layer) for layer in _layers(model)} - {DynamicLayer, DynamicSlidingWindowLayer}
    return f"its cache is a {min(kind.__name__ for kind in others)}" if others else None


def _layers(model: Any) -> list[Any]:
    layers: list[Any] = DynamicCache(config=model.config).layers
    return layers


def _longest(model: Any) -> float:
    windows = (float(layer.sliding_window) for layer in _layers(model) if layer.is_sliding)
    return min((unstretched(model), *windows))


def _tried(model: Any, ending: Ending) -> Fit | str:
    layers, longest = len(_layers(model)), _longest(model)
    if longest < _LENGTH + _STEPS:
        return f"its window of {longest:.0f} tokens is too short"
    try:
        bytes_per_token, off = _difference(model, layers, ending)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:200]  # a model that isn't made for it
        return f"a probe of it fails: {said}"
    allowed = 1e-4 if model.dtype == torch.float32 else 3e-2
    if not off <= allowed:
        return f"a probe's logits differ by {off:.2g} of the largest"
    return Fit(layers=layers, bytes_per_token=bytes_per_token, longest=longest)


@torch.inference_mode()
def _difference(model: Any, layers: int, ending: Ending) -> tuple[int, float]:
    """Continue two texts side by side, the first of which leaves after its first token.

    Returns a token's bytes in the cache, and how far logits are from those of each text alone.
    """
    words = model.get_input_embeddings().weight.shape[0]
    some = [(7 * k + 3) % words for k in range(_LENGTH)]
    prompts = [(*some[:_SHARED], some[-1]), tuple(some)]
    slots = Slots(layers, 2, _LENGTH + _STEPS)
    slots.begin_with(prefix_cache(model, some[:_SHARED]))
    texts = Continuing(model, slots, tuple(some[:_SHARED]))
    for key, prompt in enumerate(prompts):
        most = _STEPS if key else 1
        texts.add([Wanted(key=key, prompt=prompt, max_tokens=most, ending=ending)])
    going, off = [list(prompt) for prompt in prompts], 0.0
    for step in range(_STEPS):
        alone = torch.stack([_alone(model, read) for read in going])
        off = max(off, _relative(texts.logits(), alone))
        new = [(5 * step + 2 * key + 1) % words for key in range(len(going))]
        for read, token in zip(going, new, strict=True):
            read.append(token)
        texts.take(new)
        going = going[-1:]
    return slots.nbytes // (slots.count * slots.columns), off


def _alone(model: Any, tokens: list[int]) -> Tensor:
    ids = torch.tensor([tokens], device=model.get_input_embeddings().weight.device)
    logits: Tensor = model(input_ids=ids, use_cache=False).logits[0, -1].float()
    return logits


def _relative(ours: Tensor, alone: Tensor) -> float:
    """Return the largest difference as a share of the largest logit; NaN is NaN's equal."""
    scale = alone.nan_to_num().abs().max().item()
    return (ours.nan_to_num() - alone.nan_to_num()).abs().max().item() / max(scale, 1e-6)
