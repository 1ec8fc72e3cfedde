"""A backend without weights: every answer follows from the text alone. For tests and dry trials."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal

from harness.backends.base import BackendSpec
from harness.checkpoint import Inspection
from harness.errors import SpecError
from harness.records import (
    Checkpoint,
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Request,
    Response,
)

__all__ = ["FakeBackend", "open_backend"]

_OPTIONS = ("answers", "failures", "seed")


class FakeBackend:
    """Answers by a script, and where that is silent by a hash of seed and text.

    ``answers`` maps a piece of a context to an answer: a generation returns it, and a continuation
    that equals it (but for blanks at its ends) becomes nearly certain. A request whose text
    contains one of ``failures`` fails. Of several pieces the first that fits counts. Tokens are
    UTF-8 bytes. ``asked`` keeps all requests in order.
    """

    def __init__(
        self, answers: Mapping[str, str] | None = None, failures: Sequence[str] = (), seed: str = ""
    ) -> None:
        self.answers = dict(answers or {})
        self.failures = tuple(failures)
        self.seed = seed
        self.asked: list[Request] = []
        self.closed = False

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield the answers in order, one by one."""
        for index, request in enumerate(requests):
            self.asked.append(request)
            yield index, self._answer(request)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def _answer(self, request: Request) -> Response:
        match request:
            case LogLikelihood(context, continuation):
                text, scored = context + continuation, continuation
            case Generate(context=context):
                text, scored = context, ""
            case _:
                context, text, scored = "", request.text, request.text
        for piece in self.failures:
            if piece in text:
                return Failure(f"scripted failure: {piece!r}")
        scripted = next((a for piece, a in self.answers.items() if piece in context), None)
        if isinstance(request, Generate):
            return self._generation(request, scripted)
        if scripted is not None and scored.strip() == scripted.strip():
            return Likelihood(logprob=-0.01, tokens=len(scored.encode()), greedy=True)
        tokens = len(scored.encode("utf-8", "surrogatepass"))
        return Likelihood(logprob=-tokens * (0.5 + 2.0 * self._draw(text)), tokens=tokens)

    def _generation(self, request: Generate, scripted: str | None) -> Generation:
        text = f"answer {self._draw(request.context):.6f}" if scripted is None else scripted
        for stop in request.stop:
            text = text.split(stop, 1)[0] if stop else text
        kept = text[: request.max_tokens]
        finish: Literal["stop", "length"] = "stop" if kept == text else "length"
        n = request.n
        return Generation(texts=(kept,) * n, finish=(finish,) * n, tokens=(len(kept.encode()),) * n)

    def _draw(self, text: str) -> float:
        """A number in [0, 1) that only seed and text decide."""
        content = f"{self.seed}\0{text}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.sha256(content).digest()[:6], "big") / 2**48


def open_backend(spec: BackendSpec, _: Checkpoint, inspection: Inspection) -> FakeBackend:
    """Open a fake whose answers differ between checkpoints; SpecError for an unknown option."""
    for key in spec.options:
        if key not in _OPTIONS:
            near = get_close_matches(key, _OPTIONS, n=1) or _OPTIONS
            raise SpecError(f"backend.options.{key}: unknown; did you mean {near[0]}?")
    seed = str(spec.options.get("seed", inspection.fingerprint))
    return FakeBackend(spec.options.get("answers"), spec.options.get("failures", ()), seed)
