"""Checkpoints of one base in one process: the base is loaded once, adapters are put on and off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.backends.base import BackendSpec
from harness.checkpoint import Inspection

__all__ = ["borrowed", "keeping"]


@dataclass(frozen=True, slots=True)
class _Key:
    folder: Path
    gguf: str | None
    spec: tuple[str, str, int]
    trusted: tuple[bool, bool]


class _Shelf:
    """Room for one base model."""

    def __init__(self) -> None:
        self.key: _Key | None = None
        self.model: Any = None

    def take(self, key: _Key) -> Any:
        """Return the model if it is the one wanted; either way it is no longer here."""
        model = self.model if self.key == key else None
        self.key = self.model = None
        return model

    def put(self, key: _Key, model: Any) -> None:
        self.key, self.model = key, model


_SHELF: ContextVar[_Shelf | None] = ContextVar("shelf", default=None)


@contextmanager
def keeping() -> Iterator[None]:
    """Within it, a base that is given back waits for the next checkpoint that has the same."""
    token = _SHELF.set(_Shelf())
    try:
        yield
    finally:
        _SHELF.reset(token)


def borrowed(spec: BackendSpec, inspection: Inspection) -> tuple[Any, Callable[[], None]]:
    """Return a checkpoint's model, and what gives its base back once nobody uses it.

    Errors as :func:`harness.backends.weights.load_model`.
    """
    from harness.backends.weights import adapted, load_base

    shelf = _SHELF.get()
    key = _Key(
        inspection.folder,
        inspection.gguf,
        (spec.device, spec.dtype, spec.max_length),
        (inspection.pickled, inspection.runs_code),
    )
    base = None if shelf is None or spec.device_map is not None else shelf.take(key)
    if base is None:
        base = load_base(spec, inspection)
    model: Any = base
    take_off: Callable[[], Any] | None = partial(_same, base)
    if inspection.adapter is not None:
        model, take_off = adapted(base, inspection.adapter)

    def give_back() -> None:
        if shelf is not None and take_off is not None and spec.device_map is None:
            shelf.put(key, take_off())

    return model, give_back


def _same(model: Any) -> Any:
    return model
