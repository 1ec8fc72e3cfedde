"""What a cell cost: seconds, tokens and memory, noted while it is asked anyway.

Costs belong to a run on a machine, not to the evidence: they stand in ``runs/<id>.json`` and never
in a cell's key or records. A cell that the store covered already cost nothing in this run and has
none; a cell that was asked in part has the cost of that part.
"""

import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass

from harness.backends.base import Backend, Measurements, Measuring
from harness.records import (
    JSON,
    Failure,
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    Request,
    Response,
)

__all__ = ["Cost", "Meter", "newest_costs", "peak_process_bytes"]


@dataclass(slots=True, kw_only=True)
class Cost:
    """The cost of asking one cell's missing documents."""

    documents: int
    requests: int = 0
    """Those that were answered; failures are among them."""
    seconds: float = 0.0
    """Wall time from the first request to the last recorded answer, without loading weights."""
    first_answer_seconds: float | None = None
    """Until the first answer was there: of a batch, so it comes with its whole first batch.
    Failures don't count: a text that can't be encoded fails before any model runs."""
    first_token_seconds: float | None = None
    """As :class:`harness.backends.base.Measurements` says; None where that isn't measured."""
    tokens_scored: int = 0
    characters_scored: int = 0
    tokens_generated: int = 0
    characters_generated: int = 0
    peak_process_bytes: int | None = None
    """The most main memory that the process ever held until the cell was done: what came before
    in the same process counts. None where the system doesn't tell."""
    peak_device_bytes: int | None = None
    cut: int = 0
    """Requests whose contexts were longer than ``max_length`` and lost their beginnings."""
    halved: int | None = None
    """The smallest batch after halving for lack of memory; None if all batches fitted."""


class Meter:
    """Passes a backend's answers through and adds up what they cost."""

    def __init__(self, documents: int) -> None:
        """Begin the cost of so many documents."""
        self._cost = Cost(documents=documents)
        self.notes: list[str] = []
        """What the backend says of how it computed, a line each; nothing is said twice."""

    def expect(self, documents: int) -> None:
        """Count so many documents more."""
        self._cost.documents += documents

    @property
    def cost(self) -> Mapping[str, JSON]:
        """The cost as a run's account holds it; seconds to the millisecond."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self._cost).items()
        }

    def answers(
        self, backend: Backend, requests: Sequence[Request]
    ) -> Generator[tuple[int, Response], None, None]:
        """Yield what the backend answers; the cost is complete when it is exhausted or closed.

        Asked several times, it adds up; the time until the first token is then the last one's.
        """
        if isinstance(backend, Measuring):
            backend.measured()  # forgets the cells before
        start, before = time.monotonic(), self._cost.seconds
        try:
            for index, response in backend.respond(requests):
                if self._cost.first_answer_seconds is None and not isinstance(response, Failure):
                    self._cost.first_answer_seconds = before + time.monotonic() - start
                self._count(requests[index], response)
                yield index, response
        finally:
            self._cost.seconds = before + time.monotonic() - start
            self._cost.peak_process_bytes = peak_process_bytes()
            if isinstance(backend, Measuring):
                self._add(backend.measured())

    def _add(self, measured: Measurements) -> None:
        cost = self._cost
        cost.first_token_seconds = measured.first_token_seconds or cost.first_token_seconds
        cost.peak_device_bytes = _extreme(max, cost.peak_device_bytes, measured.peak_device_bytes)
        cost.halved = _extreme(min, cost.halved, measured.halved)
        cost.cut += measured.cut
        self.notes += measured.notes

    def _count(self, request: Request, response: Response) -> None:
        self._cost.requests += 1
        match response:
            case Likelihood(tokens=tokens):
                self._cost.tokens_scored += tokens
                self._cost.characters_scored += len(_scored(request))
            case Generation(texts=texts, tokens=counts):
                drawn = _drawn(request, len(texts))
                self._cost.tokens_generated += sum(counts[:drawn])
                self._cost.characters_generated += sum(map(len, texts[:drawn]))
            case Failure():
                pass


def newest_costs(
    runs: Sequence[Mapping[str, JSON]], run: Mapping[str, JSON]
) -> list[tuple[Mapping[str, JSON], Mapping[str, JSON] | None]]:
    """Return each cell of a run with its cost in the newest of ``runs`` (oldest first) that asked.

    None where no run has a cost: another process asked it, or the run is older than costs are.
    """
    known = {
        (cell["checkpoint"], cell["key"]): cell["cost"]
        for each in runs
        for cell in each["cells"]
        if cell.get("cost")
    }
    return [(cell, known.get((cell["checkpoint"], cell["key"]))) for cell in run["cells"]]


def _extreme(choose: Callable[[int, int], int], a: int | None, b: int | None) -> int | None:
    return choose(a, b) if a is not None and b is not None else b if a is None else a


def _scored(request: Request) -> str:
    match request:
        case LogLikelihood(continuation=continuation):
            return continuation
        case Generate():
            return ""
    return request.text


def _drawn(request: Request, texts: int) -> int:
    """Return how many texts were generated: greedily, one is handed out n times."""
    return 1 if isinstance(request, Generate) and request.temperature <= 0 else texts


def peak_process_bytes() -> int | None:
    """Return the most main memory that the process ever held; None where nobody tells."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
