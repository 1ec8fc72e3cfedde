"""How log-probabilities are had where they are scored, and only there.

Logits of all positions are the largest tensor of an evaluation (8 rows x 1,024 tokens x 151,936
words in float32 are 5 GB) and nearly all of them are thrown away.
"""

import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import torch
from torch import Tensor

from harness.records import Failure, Likelihood

__all__ = ["Head", "head_of", "likelihoods"]

_PROBE = 8  # tokens
_NEUTRAL = (None, 0, 0.0, 1, 1.0, False)
_LOGITS_AT_ONCE = 1 << 26  # numbers: 256 MiB in float32
_LOGITS_IN_CACHE = 1 << 22  # numbers: what the caches of a processor hold
_LEAST_WORDS = 512


class Head(Protocol):
    """From hidden states to log-probabilities."""

    @property
    def most(self) -> int | None:
        """How many positions may be picked at once; None for any number."""
        ...

    def pick(self, inputs: Mapping[str, Any], rows: Tensor, columns: Tensor) -> Tensor:
        """Run the model on ``inputs``; return what the picked positions (P,) need: (P, width)."""
        ...

    def log_probs(self, picked: Tensor, targets: Tensor) -> Tensor:
        """Return (2, M): log-probability of each target, and 1 where it is the most likely word.

        ``targets`` is (2, M): index into the picked positions, word. In float32 whatever the
        model's dtype: in bfloat16 choices tie.
        """
        ...


def head_of(model: Any) -> Head:
    """Return the cheapest way to a model's log-probabilities that is known to be right for it.

    Right means: a plain linear layer on the last hidden state gives what the model itself gives on
    a probe, and nothing in the configuration scales or caps logits (a cap is invisible on the
    small logits of a probe). Otherwise the model makes its logits itself, for the columns needed.
    """
    if _is_plain(model):
        return _Direct(model)
    return _Own(model)


class _Direct:
    """Hidden states, and the output layer on the picked ones, some words at a time."""

    most: int | None = None

    def __init__(self, model: Any) -> None:
        self._body, self._head = model.base_model, model.get_output_embeddings()
        on_cpu = self._head.weight.device.type == "cpu"
        self.logits_at_once = _LOGITS_IN_CACHE if on_cpu else _LOGITS_AT_ONCE

    def pick(self, inputs: Mapping[str, Any], rows: Tensor, columns: Tensor) -> Tensor:
        hidden: Tensor = self._body(**inputs, use_cache=False).last_hidden_state
        return hidden[rows.to(hidden.device), columns.to(hidden.device)]

    def log_probs(self, picked: Tensor, targets: Tensor) -> Tensor:
        weight, bias = self._head.weight, self._head.bias
        picked = picked.to(weight.device)
        width = max(_LEAST_WORDS, self.logits_at_once // max(1, len(picked)))
        order = torch.argsort(targets[1], stable=True)
        steps = [*range(0, len(weight), width), len(weight)]
        bounds = torch.searchsorted(targets[1][order], torch.tensor(steps)).tolist()
        where, words = targets[:, order].to(weight.device)
        best = torch.full_like(picked[:, 0], -math.inf, dtype=torch.float32)
        total, chosen, first = best, torch.empty_like(where, dtype=torch.float32), where == -1
        for (a, b), (low, high) in zip(pairwise(steps), pairwise(bounds), strict=True):
            part = None if bias is None else bias[a:b]
            logits = torch.nn.functional.linear(picked, weight[a:b], part).float()
            if high > low:
                at, word = where[low:high], words[low:high] - a
                chosen[low:high] = logits[at, word]
                first[low:high] = (logits[at].argmax(-1) == word) & (chosen[low:high] > best[at])
            top = logits.amax(-1)
            # log_softmax is one fused pass over the numbers, logsumexp several
            total = torch.logaddexp(total, top - torch.log_softmax(logits, -1).amax(-1))
            best = torch.maximum(best, top)
        greedy = first & (chosen == best[where])
        table = torch.stack([chosen - total[where], greedy.float()])
        return table[:, torch.argsort(order).to(table.device)]


class _Own:
    """The model's own logits, for the columns that any row needs where it can keep to them."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        words = model.get_input_embeddings().weight.shape[0]
        self.most = max(1, _LOGITS_AT_ONCE // words) if self._keeps else 0

    def pick(self, inputs: Mapping[str, Any], rows: Tensor, columns: Tensor) -> Tensor:
        options: dict[str, Tensor] = {}
        if self._keeps:
            kept, columns = torch.unique(columns.cpu(), return_inverse=True)
            options["logits_to_keep"] = kept
        logits: Tensor = self._model(**inputs, use_cache=False, **options).logits
        return logits[rows.to(logits.device), columns.to(logits.device)]

    def log_probs(self, picked: Tensor, targets: Tensor) -> Tensor:
        order = torch.argsort(targets[0], stable=True)
        at_once = max(1, _LOGITS_AT_ONCE // picked.shape[1])
        steps = [*range(0, len(picked), at_once), len(picked)]
        bounds = torch.searchsorted(targets[0][order], torch.tensor(steps)).tolist()
        where, words = targets[:, order].to(picked.device)
        found = []
        for (a, b), (low, high) in zip(pairwise(steps), pairwise(bounds), strict=True):
            logits = torch.log_softmax(picked[a:b].float(), dim=-1)
            at, word = where[low:high] - a, words[low:high]
            greedy = logits.argmax(dim=-1)[at] == word
            found.append(torch.stack([logits[at, word], greedy.float()]))
        table = torch.cat(found, dim=1)
        return table[:, torch.argsort(order).to(table.device)]


def likelihoods(
    table: Tensor, owners: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Likelihood | Failure]]:
    """Yield (span, answer) of a table as :meth:`Head.log_probs` returns it.

    ``owners`` are (span, how many of the targets are its own), in the order of the targets.
    """
    log_probs, tops = table.double().tolist()  # the one wait for the accelerator
    done = 0
    for member, count in owners:
        total = math.fsum(log_probs[done : done + count])
        greedy = all(tops[done : done + count])
        done += count
        if math.isfinite(total):
            yield member, Likelihood(logprob=total, tokens=count, greedy=greedy)
        else:
            yield member, Failure("the model's log-probability isn't a finite number")


def _is_plain(model: Any) -> bool:
    settings = model.config.get_text_config().to_dict()
    for name, value in settings.items():
        if ("logit" in name or "lm_head" in name) and value not in _NEUTRAL:
            return False
    head = model.get_output_embeddings()
    if type(head) is not torch.nn.Linear or model.base_model is model:
        return False
    if head.weight.device.type == "meta":  # elsewhere, and fetched only when the layer is called
        return False
    return _agrees(model)


@torch.inference_mode()
def _agrees(model: Any) -> bool:
    """Tell whether all words of a few positions are as likely as the model itself says."""
    embedding = model.get_input_embeddings()
    count = min(_PROBE, embedding.weight.shape[0])
    inputs = {"input_ids": torch.arange(count, device=embedding.weight.device)[None]}
    rows, columns = torch.zeros(count, dtype=torch.long), torch.arange(count)
    own = _Own(model).pick(inputs, rows, columns).float()
    try:
        hidden = _Direct(model).pick(inputs, rows, columns)
        direct = model.get_output_embeddings()(hidden).float()
    except (AttributeError, RuntimeError, TypeError):  # a body of another shape
        return False
    if own.shape != direct.shape:
        return False
    exact = model.dtype == torch.float32
    scale = own.nan_to_num().abs().max().item()
    tolerance = (1e-4 if exact else 2e-2) * max(scale, 1e-6)
    return torch.allclose(own, direct.to(own.device), rtol=0, atol=tolerance, equal_nan=True)
