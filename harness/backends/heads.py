"""How logits are had where they are scored, and only there.

Logits of all positions are the largest tensor of an evaluation (8 rows x 1,024 tokens x 151,936
words in float32 are 5 GB) and nearly all of them are thrown away.
"""

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

__all__ = ["Head", "LogitsOf", "head_of"]

LogitsOf: TypeAlias = Callable[[int, int], Tensor]
"""(a, b) -> float32 logits (b - a, vocabulary) of the picked positions a to b."""
Head: TypeAlias = Callable[[Tensor, Tensor | None, Tensor, Tensor], LogitsOf]
"""(ids (R, T), mask (R, T) or None, rows (P,), columns (P,)) -> the logits of those positions."""

_PROBE = 8  # tokens
_NEUTRAL = (None, 0, 0.0, 1, 1.0, False)


def head_of(model: Any) -> Head:
    """Return the cheapest way to a model's logits that is known to be right for it.

    Right means: a plain linear layer on the last hidden state gives what the model itself gives on
    a probe, and nothing in the configuration scales or caps logits (a cap is invisible on the
    small logits of a probe). Otherwise the model makes its logits itself, for the columns needed.
    """
    if _is_plain(model):
        return _Direct(model)
    return _Own(model)


class _Direct:
    """Hidden states, and the output layer on the picked ones."""

    def __init__(self, model: Any) -> None:
        self._body, self._head = model.base_model, model.get_output_embeddings()

    def __call__(self, ids: Tensor, mask: Tensor | None, rows: Tensor, columns: Tensor) -> LogitsOf:
        hidden = self._body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        picked = hidden[rows.to(hidden.device), columns.to(hidden.device)]
        return lambda a, b: self._head(picked[a:b]).float()


class _Own:
    """The model's own logits, for the columns that any row needs where it can keep to them."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._keeps = "logits_to_keep" in inspect.signature(model.forward).parameters

    def __call__(self, ids: Tensor, mask: Tensor | None, rows: Tensor, columns: Tensor) -> LogitsOf:
        options: dict[str, Tensor] = {}
        if self._keeps:
            kept, columns = torch.unique(columns.cpu(), return_inverse=True)
            options["logits_to_keep"] = kept
        logits = self._model(input_ids=ids, attention_mask=mask, use_cache=False, **options).logits
        where = logits.device
        rows, columns = rows.to(where), columns.to(where)
        return lambda a, b: logits[rows[a:b], columns[a:b]].float()


def _is_plain(model: Any) -> bool:
    settings = model.config.get_text_config().to_dict()
    for name, value in settings.items():
        if ("logit" in name or "lm_head" in name) and value not in _NEUTRAL:
            return False
    head = model.get_output_embeddings()
    if type(head) is not torch.nn.Linear or model.base_model is model:
        return False
    return _agrees(model)


@torch.inference_mode()
def _agrees(model: Any) -> bool:
    embedding = model.get_input_embeddings()
    count = min(_PROBE, embedding.weight.shape[0])
    ids = torch.arange(count, device=embedding.weight.device)[None]
    rows, columns = torch.zeros(count, dtype=torch.long), torch.arange(count)
    own = _Own(model)(ids, None, rows, columns)(0, count)
    try:
        direct = _Direct(model)(ids, None, rows, columns)(0, count)
    except (AttributeError, RuntimeError, TypeError):  # a body of another shape
        return False
    if own.shape != direct.shape:
        return False
    exact = model.dtype == torch.float32
    scale = own.nan_to_num().abs().max().item()
    tolerance = (1e-4 if exact else 2e-2) * max(scale, 1e-6)
    return torch.allclose(own, direct.to(own.device), rtol=0, atol=tolerance, equal_nan=True)
