"""lm-eval 0.4.13's HFLM, one request at a time, with a float32 softmax: what ours must give."""

from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from harness.records import Likelihood, LogLikelihood

LENGTH = 64  # tokens
TOLERANCE = 1e-3  # nats; batches of other shapes sum in another order


def oracle(model: Any, **settings: Any) -> HFLM:
    """Open a model's folder, or a model with its ``tokenizer``."""
    return HFLM(
        pretrained=str(model) if isinstance(model, Path) else model,
        dtype="float32",
        softmax_dtype="float32",
        device="cpu",
        batch_size=1,
        max_length=LENGTH,
        **settings,
    )


def theirs(lm: HFLM, method: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
    instances = [
        Instance(request_type=method, doc={}, arguments=args, idx=i)  # type: ignore[arg-type]
        for i, args in enumerate(arguments)
    ]
    return list(getattr(lm, method)(instances, disable_tqdm=True))


def pairs(requests: list[LogLikelihood]) -> list[tuple[str, str]]:
    return [(request.context, request.continuation) for request in requests]


def agree(ours: list[Any], expected: list[Any]) -> None:
    for answer, (logprob, greedy) in zip(ours, expected, strict=True):
        assert isinstance(answer, Likelihood)
        assert abs(answer.logprob - logprob) <= TOLERANCE
        assert answer.greedy == greedy
