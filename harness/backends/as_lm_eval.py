"""Our scorer as an lm-eval model: ``lm_eval.simple_evaluate(model=AligntaxLM.open(...), ...)``."""

from collections.abc import Sequence
from typing import Any

from lm_eval.api.model import TemplateLM

from harness.backends.base import BackendSpec
from harness.backends.hf import HFBackend, open_backend
from harness.checkpoint import inspect
from harness.errors import AligntaxError
from harness.records import (
    Checkpoint,
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    ModelRef,
    Request,
    RollingLogLikelihood,
)

__all__ = ["AligntaxLM"]


class AligntaxLM(TemplateLM):  # type: ignore[misc] # lm-eval has no types
    """A loaded checkpoint that answers lm-eval's instances.

    Prompts are lm-eval's own; its chat template is the tokenizer's. A request that can't be
    answered raises AligntaxError: lm-eval knows no missing answers.
    """

    def __init__(self, backend: HFBackend, tokenizer: Any, max_length: int) -> None:
        """Take what :meth:`open` loads."""
        super().__init__()
        self._backend, self.tokenizer, self.max_length = backend, tokenizer, max_length
        self.backend = "causal"

    @classmethod
    def open(cls, path: str, adapter: str | None = None, **settings: Any) -> "AligntaxLM":
        """Load a folder, a GGUF file or a hub id; ``settings`` are those of ``backend:``.

        Raises CheckpointError for weights that can't be used.
        """
        from harness.backends.weights import load_tokenizer

        spec, ref = BackendSpec(**settings), ModelRef(path=path, adapter=adapter)
        inspection = inspect(ref)
        checkpoint = Checkpoint(name=path, stage="base", model=ref)
        backend = open_backend(spec, checkpoint, inspection)
        return cls(backend, load_tokenizer(inspection), spec.max_length)

    @property
    def eot_token_id(self) -> int:
        """The token that ends a text."""
        found: int = self.tokenizer.eos_token_id
        return found

    @property
    def tokenizer_name(self) -> str:
        """What lm-eval keys its request cache by; we never turn that on."""
        return str(self.tokenizer.name_or_path).replace("/", "__")

    def tok_encode(
        self, string: str, add_special_tokens: bool | None = None, **_: Any
    ) -> list[int]:
        """Return a text's tokens."""
        found: list[int] = self.tokenizer.encode(
            string, add_special_tokens=bool(add_special_tokens)
        )
        return found

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """Return messages as the tokenizer's own template writes them."""
        text: str = self.tokenizer.apply_chat_template(
            chat_history,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=not add_generation_prompt,
        )
        return text

    def loglikelihood(
        self, requests: Sequence[Any], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        """Return log-likelihood (nats) and greedy flag of each (context, continuation)."""
        found = self._likelihoods([LogLikelihood(*request.args) for request in requests])
        return [(answer.logprob, answer.greedy) for answer in found]

    def loglikelihood_rolling(
        self, requests: Sequence[Any], disable_tqdm: bool = False
    ) -> list[float]:
        """Return the log-likelihood (nats) of each text; a leading BOS isn't part of it."""
        found = self._likelihoods([RollingLogLikelihood(request.args[0]) for request in requests])
        return [answer.logprob for answer in found]

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        """Return a text for each (context, options)."""
        answers = self._answers([_asked(*request.args) for request in requests])
        return [answer.texts[0] for answer in answers if isinstance(answer, Generation)]

    def _loglikelihood_tokens(self, requests: Any, **_: Any) -> list[tuple[float, bool]]:
        raise NotImplementedError("texts are encoded by the backend")

    def _likelihoods(self, requests: Sequence[Request]) -> list[Likelihood]:
        return [answer for answer in self._answers(requests) if isinstance(answer, Likelihood)]

    def _answers(self, requests: Sequence[Request]) -> list[Any]:
        found = dict(self._backend.respond(requests))
        for answer in found.values():
            if isinstance(answer, Failure):
                raise AligntaxError(answer.reason)
        return [found[index] for index in range(len(requests))]


def _asked(context: str, options: dict[str, Any]) -> Generate:
    until = options.get("until") or []
    sampled = bool(options.get("do_sample")) or options.get("temperature", 0) > 0
    return Generate(
        context=context,
        stop=(until,) if isinstance(until, str) else tuple(until),
        max_tokens=int(options.get("max_gen_toks") or options.get("max_new_tokens") or 256),
        temperature=float(options.get("temperature", 1.0)) if sampled else 0.0,
    )
