"""Which privacy holds, and what a run may keep and say under it.

The strictest of what a run, its entry for a task, the task's card and its data say holds for the
task. ``accept`` says that the data have been looked at; it changes nothing else.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness.errors import UsageError
from harness.privacy.identifiers import mask
from harness.privacy.keys import owner_key
from harness.privacy.veil import OPEN, Redacted, Sensitive, Veil
from harness.privacy.wording import telling
from harness.records import JSON, Privacy

__all__ = ["WITHHELD", "cleaned", "is_private", "said_safely", "strictest", "veil_of"]

WITHHELD = "withheld"
"""The only key of options that a run's account leaves out."""
_ORDER: tuple[Privacy, ...] = ("accept", "redacted", "sensitive")


def strictest(*modes: Privacy | None) -> Privacy | None:
    """Return the strictest of several modes; None if none is set."""
    given = [mode for mode in modes if mode is not None]
    return max(given, key=_ORDER.index, default=None)


def is_private(mode: Privacy | None) -> bool:
    """Say whether texts are masked or left out under a mode."""
    return mode in ("redacted", "sensitive")


def veil_of(mode: Privacy | None, store: Path) -> Veil:
    """Return what lies over the texts of a cell; UsageError if its key can't be had."""
    if mode == "sensitive":
        return Sensitive(owner_key(store))
    return Redacted(owner_key(store)) if mode == "redacted" else OPEN


@contextmanager
def said_safely(mode: Privacy | None, kind: type[UsageError] = UsageError) -> Iterator[None]:
    """Let what is raised about data, an error of one ``kind``, say no more than a mode allows."""
    try:
        yield
    except kind as error:
        said = telling(str(error), mode)
        if said == str(error):
            raise
        raise type(error)(said) from None


def cleaned(value: JSON, mode: Privacy | None) -> JSON:
    """Return what a run says of itself (its spec, messages ...) as it may be stored.

    Every text is masked, keys among them. A backend's options are left out, because it may script
    answers, and under ``sensitive`` a task's as well: an instruction may quote a document.
    """
    return _cleaned(value, mode, "") if is_private(mode) else value


def _cleaned(value: JSON, mode: Privacy | None, within: str) -> JSON:
    if isinstance(value, Mapping):
        if within == "options" and value:
            return {WITHHELD: f"privacy: {mode}"}
        kept = mode == "redacted" and within != "backend"
        return {
            mask(str(key)): _cleaned(inner, mode, "" if key == "options" and kept else str(key))
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_cleaned(inner, mode, "") for inner in value]
    return mask(value) if isinstance(value, str) else value
