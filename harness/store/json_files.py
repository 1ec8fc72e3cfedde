"""The JSON files of a store: read within bounds, and what they say is what it must be."""

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.errors import DamageError, StoreError
from harness.records import FORMAT_VERSION, JSON
from harness.store.bounds import ACCOUNT, CELL, PLAN, read_whole, strict_json
from harness.store.files import disk
from harness.store.shapes import check_account, check_cell, check_plan

__all__ = ["read_account", "read_cell_file", "read_json", "read_plan"]

_REMEDY = "restore it or remove it and run again"


def read_json(path: Path, limit: int = ACCOUNT) -> Mapping[str, JSON]:
    """Return a JSON object of ours.

    Raises StoreError if it is missing, too large or from a newer version, DamageError if it is no
    such object.
    """
    with disk(path, "read"):
        data = read_whole(path, limit)
    try:
        content = strict_json(data)
        version = content["format_version"]
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise ValueError("format_version is no version")
    except (ValueError, LookupError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DamageError(f"{path}: damaged ({reason}); {_REMEDY}") from None
    if version > FORMAT_VERSION:
        raise StoreError(f"{path}: format version {version} is newer than this aligntax")
    result: Mapping[str, JSON] = content
    return result


def read_account(path: Path) -> Mapping[str, JSON]:
    """Return the account of a run; errors as :func:`read_json`."""
    return _checked(path, read_json(path, ACCOUNT), lambda run: check_account(run, path.stem))


def read_cell_file(path: Path) -> Mapping[str, JSON]:
    """Return a ``cell.json``; errors as :func:`read_json`."""
    return _checked(path, read_json(path, CELL), check_cell)


def read_plan(path: Path) -> list[tuple[str, str, str]]:
    """Return a plan's documents: id, hash of the request, hash of the fields; errors likewise."""
    content = _checked(path, read_json(path, PLAN), check_plan)
    return list(map(tuple, content["documents"]))


def _checked(
    path: Path, content: Mapping[str, JSON], check: Callable[[Mapping[str, JSON]], None]
) -> Mapping[str, JSON]:
    try:
        check(content)
    except ValueError as error:
        raise DamageError(f"{path}: damaged ({error}); {_REMEDY}") from None
    return content
