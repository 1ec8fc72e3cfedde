"""Any lm-eval model class as a backend: vLLM, SGLang, OpenAI-compatible servers, lm-eval's own HF.

lm-eval's models answer a whole list at its end; they are called in chunks of one request type, so
that what is done survives a kill. Its caches are never turned on: they are keyed without the model.
"""

import inspect
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any

from harness.backends.base import BackendSpec
from harness.backends.device import resolve_device, resolve_dtype
from harness.checkpoint import Inspection
from harness.errors import CheckpointError, SpecError
from harness.records import (
    JSON,
    Checkpoint,
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Request,
    Response,
    RollingLogLikelihood,
)

__all__ = ["LMEvalBackend", "arguments", "open_backend", "silence"]

CHUNK = 64  # requests
_OPTIONS = ("model", "model_args")
_KINDS: tuple[tuple[type, str], ...] = (
    (LogLikelihood, "loglikelihood"),
    (RollingLogLikelihood, "loglikelihood_rolling"),
    (Generate, "generate_until"),
)


class LMEvalBackend:
    """An lm-eval LM that is loaded.

    ``Likelihood.tokens`` is counted with the LM's own ``tok_encode``; for an LM without a
    tokenizer (remote models) it is 0, which means unknown. lm-eval doesn't tell why a text ended:
    ``finish`` is ``length`` where the text has at least ``max_tokens`` tokens, and ``stop`` where
    it has fewer or they can't be counted. Rolling scores are lm-eval's, with P(BOS | BOS) where the
    LM adds a BOS; overlapping windows fail, because it knows disjoint ones only.
    """

    def __init__(self, lm: Any) -> None:
        self._lm = lm
        self.batch_done = True

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield answers chunk by chunk, in order within each type of request."""
        self.batch_done = True
        overlapping = {i for i, request in enumerate(requests) if _overlaps(request)}
        for index in overlapping:
            yield index, Failure("lm-eval's models score disjoint windows only, without overlap")
        for kind, method in _KINDS:
            mine = [
                index
                for index, request in enumerate(requests)
                if isinstance(request, kind) and index not in overlapping
            ]
            for begin in range(0, len(mine), CHUNK):
                chunk = mine[begin : begin + CHUNK]
                answers = self._ask(method, [requests[i] for i in chunk])
                for index, answer in zip(chunk, answers, strict=True):
                    self.batch_done = index == chunk[-1]
                    yield index, answer

    def close(self) -> None:
        """Let go of the LM."""
        del self._lm

    def _ask(self, method: str, requests: Sequence[Any]) -> list[Response]:
        from lm_eval.api.instance import Instance

        # Samples of one prompt are asked one by one: lm-eval's models take no n.
        owners = [index for index, request in enumerate(requests) for _ in range(_copies(request))]
        instances = [
            Instance(request_type=method, doc={}, arguments=arguments(requests[owner]), idx=k)
            for k, owner in enumerate(owners)
        ]
        try:
            with silence():
                found = getattr(self._lm, method)(instances)
        except NotImplementedError as error:  # a model that only chats, say
            name = type(self._lm).__name__
            return [Failure(f"lm-eval's {name} has no {method}: {error}")] * len(requests)
        answers: list[list[Any]] = [[] for _ in requests]
        for owner, answer in zip(owners, found, strict=True):
            answers[owner].append(answer)
        return [self._read(*pair) for pair in zip(requests, answers, strict=True)]

    def _read(self, request: Request, answers: Sequence[Any]) -> Response:
        match request:
            case Generate():
                return self._generation(request, [str(answer) for answer in answers])
            case LogLikelihood():
                logprob, greedy = float(answers[0][0]), bool(answers[0][1])
                whole = self._count(request.context + request.continuation)
                tokens = max(0, whole - self._count(request.context.rstrip()))
            case _:
                logprob, greedy, tokens = float(answers[0]), False, self._count(request.text)
        if not math.isfinite(logprob):
            return Failure(f"lm-eval's model answered {logprob}, not a finite log-probability")
        return Likelihood(logprob=logprob, tokens=tokens, greedy=greedy)

    def _generation(self, request: Generate, texts: list[str]) -> Generation:
        full = (texts * request.n)[: request.n]
        tokens = tuple(self._count(text) for text in full)
        return Generation(
            texts=tuple(full),
            finish=tuple("length" if count >= request.max_tokens else "stop" for count in tokens),
            tokens=tokens,
        )

    def _count(self, text: str) -> int:
        if not text or getattr(self._lm, "tokenizer", None) is None:
            return 0
        return len(self._lm.tok_encode(text, add_special_tokens=False))


def _overlaps(request: Request) -> bool:
    return isinstance(request, RollingLogLikelihood) and request.overlap > 0


def _copies(request: Request) -> int:
    return request.n if isinstance(request, Generate) and request.temperature > 0 else 1


def arguments(request: Request) -> tuple[Any, ...]:
    """Return a request as the arguments of lm-eval's ``Instance``."""
    match request:
        case LogLikelihood(context, continuation):
            return context, continuation
        case RollingLogLikelihood(text):
            return (text,)
    sampled = request.temperature > 0
    options: dict[str, JSON] = {
        "until": list(request.stop),
        "max_gen_toks": request.max_tokens,
        "do_sample": sampled,
        "temperature": request.temperature,
    }
    return request.context, options


@contextmanager
def silence() -> Iterator[None]:
    """Drop bars, prints and warnings of foreign models: standard output is for results."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def open_backend(
    spec: BackendSpec, checkpoint: Checkpoint, inspection: Inspection
) -> LMEvalBackend:
    """Make the LM that ``options.model`` names (default ``hf``) with ``options.model_args``.

    The checkpoint is given as ``pretrained`` and ``peft``, and the run's device, dtype, batch size,
    max_length and BOS policy under lm-eval's names, where the class has them and ``model_args``
    don't. Raises SpecError for a model that lm-eval doesn't know or that can't take the adapter,
    CheckpointError if it can't load.
    """
    for key in spec.options:
        if key not in _OPTIONS:
            raise SpecError(f"backend.options.{key}: lm_eval knows {' and '.join(_OPTIONS)}")
    from lm_eval.api.registry import get_model

    import_module("lm_eval.models")  # else get_model knows only what the user registered

    name = str(spec.options.get("model", "hf"))
    try:
        cls = get_model(name)
    except ValueError as error:
        raise SpecError(f"backend.options.model: lm-eval has no model {name!r}") from error
    except ImportError as error:
        raise SpecError(f"backend.options.model: {name!r} isn't installed: {error}") from error
    args = _arguments_of(cls, spec, inspection)
    try:
        with silence():
            return LMEvalBackend(cls.create_from_arg_obj(args))
    except (ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(
            f"{checkpoint.name}: lm-eval's {name} can't load it: {said}"
        ) from error


def _arguments_of(cls: type, spec: BackendSpec, inspection: Inspection) -> dict[str, JSON]:
    """Return what the run says, as far as the LM class takes it by name, then ``model_args``."""
    named: dict[str, JSON] = dict(spec.options.get("model_args") or {})
    taken = _parameters(cls)
    said: dict[str, JSON] = {
        "dtype": resolve_dtype(spec.device, spec.dtype),
        "softmax_dtype": "float32",
        "device": str(resolve_device(spec.device)),
        "trust_remote_code": inspection.runs_code,  # SGLang's class trusts by itself
        "add_bos_token": {"auto": None, "always": True, "never": False}[spec.bos],
    }
    if "max_model_len" not in named:
        said["max_length"] = spec.max_length
    if taken.get("batch_size") != "auto":  # vLLM and SGLang make their own batches
        said["batch_size"] = spec.batch_size
    if not {"pretrained", "model"} & set(named):
        said |= _whereabouts(inspection)
        if inspection.adapter is not None and not set(_ADAPTER_NAMES) & (set(taken) | set(named)):
            raise SpecError(f"backend.options.model: lm-eval's {cls.__name__} takes no adapter")
    fitting = {key: value for key, value in said.items() if key in taken and value is not None}
    return {**fitting, **named}


_ADAPTER_NAMES = ("peft", "lora_local_path", "lora_path")


def _whereabouts(inspection: Inspection) -> dict[str, JSON]:
    adapter = None if inspection.adapter is None else str(inspection.adapter)
    own = inspection.tokenizer is not None and inspection.tokenizer == inspection.adapter
    return {
        "pretrained": str(inspection.folder),
        "gguf_file": inspection.gguf,
        "tokenizer": adapter if own else None,
        **dict.fromkeys(_ADAPTER_NAMES, adapter),
    }


def _parameters(cls: type) -> dict[str, Any]:
    """Return name and default of all that a class and its bases take by name."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if "__init__" in vars(base):
            parameters = inspect.signature(vars(base)["__init__"]).parameters
            found |= {name: parameter.default for name, parameter in parameters.items()}
    return found
