"""Whether packing is right for a model: by what it says of itself, and by trying.

Packing gives a token the keys and values of the tokens before it, and of none else in its row. A
model that keeps a state, or finds positions or weighs distances in its own way, answers otherwise.
"""

import inspect
import random
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.backends.encoding import Span
from harness.backends.packed import PackedScorer
from harness.backends.packing import Pack, packs, readings
from harness.backends.plain import PlainScorer
from harness.backends.prefix import common
from harness.backends.tree_attention import UnpackableError
from harness.records import Failure, Likelihood

__all__ = ["obstacle", "stretches"]

_EXACT = 1e-3  # nats of a span, in float32
_ROUNDED = 0.01  # of all spans' log-probabilities, in half precision
_LONGEST = 24  # tokens of a span, or some more
_BLOCK = 8  # tokens: so small that what a token sees is in several
_STRETCHED = ("dynamic", "longrope")


def obstacle(model: Any, max_length: int, packed: PackedScorer, plain: PlainScorer) -> str | None:
    """Return why spans up to ``max_length`` can't be packed under a model; None if they can."""
    return _declared(model, max_length) or _tried(model, max_length, packed, plain)


def _declared(model: Any, max_length: int) -> str | None:
    config = model.config.get_text_config()
    if model.config.is_encoder_decoder:
        return "the model is an encoder-decoder"
    if getattr(model, "_is_stateful", False):
        return "the model keeps a state"
    if len({parameter.device for parameter in model.parameters()}) > 1:
        return "the model lies on several devices"
    if "position_ids" not in inspect.signature(model.base_model.forward).parameters:
        return "the model takes no positions"
    if getattr(config, "alibi", False):
        return "the model weighs by distance (ALiBi)"
    if stretches(model, max_length):
        return "the model's positions depend on a batch's longest text, so each is scored alone"
    return _layers(config)


def _layers(config: Any) -> str | None:
    kinds = set(getattr(config, "layer_types", None) or ())
    other = kinds - {"full_attention", "sliding_attention"}
    return f"the model has layers of {min(other)}" if other else None


def _windows(config: Any) -> list[int | None]:
    """Return how far back each layer should see."""
    window = getattr(config, "sliding_window", None)
    if not getattr(config, "use_sliding_window", True):
        window = None
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"] * config.num_hidden_layers
    return [window if kind == "sliding_attention" else None for kind in kinds]


def _reach(window: int | None, max_length: int) -> int:
    return max_length if window is None else min(window, max_length)


def stretches(model: Any, max_length: int) -> bool:
    """Tell whether a text's positions change with the length of others in its batch."""
    return unstretched(model) < max_length


def unstretched(model: Any) -> float:
    """Return up to how many tokens a text's positions depend on no other text of its batch."""
    config = model.config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or {}
    limits = [
        each.get("original_max_position_embeddings") or config.max_position_embeddings
        for each in [rope, *(value for value in rope.values() if isinstance(value, dict))]
        if each.get("rope_type") in _STRETCHED
    ]
    return min(limits, default=float("inf"))


def _tried(model: Any, max_length: int, packed: PackedScorer, plain: PlainScorer) -> str | None:
    spans = _spans(model.get_input_embeddings().weight.shape[0], max_length)
    block, packed.block = packed.block, _BLOCK
    try:
        ours = [packed.run(pack, spans) for pack in _packs(spans)]
    except UnpackableError as error:
        return str(error)
    except torch.OutOfMemoryError:
        return "memory doesn't suffice for a probe of it"
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:200]  # a model that isn't made for it
        return f"a probe of it fails: {said}"
    finally:
        packed.block = block
    wanted, seen = _windows(model.config.get_text_config()), packed.windows
    if len(seen) != len(wanted):
        return f"{len(seen)} of the model's {len(wanted)} layers attend in a common way"
    if any(
        _reach(a, max_length) != _reach(b, max_length) for a, b in zip(seen, wanted, strict=True)
    ):
        return "the model has sliding windows, and hands them on in its own way"
    theirs = {k: answer for batch in plain.score(spans) for k, answer in batch.items()}
    return next((why for found in ours if (why := _difference(found, theirs, model.dtype))), None)


def _spans(words: int, max_length: int) -> Sequence[Span]:
    """Return spans that share a beginning, contexts and choices, of words drawn by a fixed seed."""
    draw = random.Random(20)

    def some(count: int) -> tuple[int, ...]:
        return tuple(draw.randrange(words) for _ in range(count))

    unit = max(1, min(_LONGEST, max_length) // 8)
    beginning, found = some(3 * unit), []
    for _ in range(2):
        context, choice = beginning + some(2 * unit), some(2 * unit)
        # what one has seen of another, it would repeat
        tails = [choice, choice + some(1), choice[:1] + some(1), some(1), some(1) + choice[:-1]]
        tails += [some(1) + tail[:-1] for tail in tails[:2]]
        found += [Span(context + tail, len(context)) for tail in tails]
    return found


def _packs(spans: Sequence[Span]) -> list[Pack]:
    """Return all spans in one pack; and again, behind what they begin with."""
    found = readings(spans)
    (whole,) = packs(found, sum(len(reading.fed) for reading in found))
    shared = common(found[0].fed, found[-1].fed)
    return [whole, Pack(found[0].fed[:shared], whole.readings, whole.size - shared)]


def _difference(
    ours: Mapping[int, Likelihood | Failure],
    theirs: Mapping[int, Likelihood | Failure],
    dtype: torch.dtype,
) -> str | None:
    """Return how far two sets of answers are from each other, if too far for the number type."""
    apart, sizes = [], []
    for index, answer in theirs.items():
        other = ours[index]
        if isinstance(answer, Likelihood) and isinstance(other, Likelihood):
            apart.append(abs(answer.logprob - other.logprob))
            sizes.append(abs(answer.logprob))
        elif type(answer) is not type(other):
            return "a probe of it fails"
    most = max(apart, default=0.0)
    exact = dtype == torch.float32
    if most > _EXACT if exact else sum(apart) > _ROUNDED * sum(sizes):
        return f"a probe of it is {most:.2g} nats away"
    return None
