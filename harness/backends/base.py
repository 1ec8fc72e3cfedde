"""The contract between the run loop and whatever answers requests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from harness.records import JSON, Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSpec:
    """How checkpoints are loaded and asked in a run."""

    name: str = "hf"
    device: str = "auto"
    dtype: str = "auto"
    device_map: str | None = None
    max_length: int = 2048
    """Tokens; pinned for all checkpoints of a run, never read from one."""
    bos: Literal["auto", "always", "never"] = "auto"
    """``auto``: as the tokenizer does by default; a text that begins with BOS gets no other."""
    batch_size: int = 8
    options: Mapping[str, JSON] = field(default_factory=dict)
    """For the backend's own: lm-eval's ``model`` and ``model_args``."""
    allow_pickle: bool = False
    """Whether weights may be pickles; only the command line can say so."""
    trust_remote_code: bool = False
    """Whether a checkpoint may run Python of its own; only the command line can say so."""


class Backend(Protocol):
    """One loaded checkpoint."""

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index into ``requests``, response) as they finish, each index once, any order."""
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What only a backend can know of the work since it was last asked."""

    first_token_seconds: float | None = None
    """From handing a batch to the model until the logits of its first new tokens were there, the
    mean over batches; None if nothing was generated."""
    peak_device_bytes: int | None = None
    """The most memory of the accelerator that tensors took; None without one."""
    cut: int = 0
    """Requests longer than ``max_length``, whose contexts lost their beginnings."""
    halved: int | None = None
    """The smallest batch that was left after halving for lack of memory; None if none was."""
    notes: tuple[str, ...] = ()
    """What a user should know of how it was computed, a line each: ``packing: off, ...``."""


@runtime_checkable
class Measuring(Protocol):
    """A backend that measures itself; none has to."""

    def measured(self) -> Measurements:
        """Return what was measured since the last call, and begin anew."""
        ...


@runtime_checkable
class Batching(Protocol):
    """A backend that says where its batches end; without it every answer is the end of one.

    There a run syncs its journal, and there it stops when it is asked to.
    """

    batch_done: bool
    """Whether the answer that was just yielded was the last of its batch."""
