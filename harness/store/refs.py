"""Named references: ``<store>/refs/<name>.json``, what ``main`` or ``pr/482`` stands for.

A reference keeps the account of one checkpoint's cells as it was when it was set, so that a later
run changes nothing about it. Every move is logged in the file.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from harness.errors import DamageError, SpecError
from harness.records import FORMAT_VERSION, JSON, canonical
from harness.store.files import write_whole
from harness.store.json_files import read_json
from harness.store.shapes import check_account
from harness.store.store import Store

__all__ = ["Move", "Ref", "read_ref", "read_refs", "remove_ref", "write_ref"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,119}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One entry of a reference's log."""

    time: str
    """UTC, ISO 8601."""
    checkpoint: str
    fingerprint: str
    why: str
    """``set``, ``promoted from pr/482``, ``imported`` ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """What a name stands for now, and what it stood for before."""

    name: str
    account: Mapping[str, JSON]
    """As a run's, with one checkpoint and its cells."""
    log: tuple[Move, ...]
    """The oldest first; the last is what counts."""

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name in its family."""
        return self.log[-1].checkpoint


def write_ref(store: Store, name: str, account: Mapping[str, JSON], move: Move) -> Ref:
    """Let a name stand for the one checkpoint of an account from now on; SpecError for a bad name.

    Raises StoreError if it can't be written.
    """
    path = _path(store, name)
    before = read_ref(store, name)
    ref = Ref(name=name, account=account, log=(*(before.log if before else ()), move))
    content = {
        "format_version": FORMAT_VERSION,
        "name": name,
        "account": dict(account),
        "log": [{k: getattr(m, k) for k in Move.__slots__} for m in ref.log],
    }
    canonical(content)  # refuses NaN before anything is written
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())
    return ref


def read_ref(store: Store, name: str) -> Ref | None:
    """Return what a name stands for, None if nothing; SpecError, StoreError as above."""
    path = _path(store, name)
    return _ref(path) if path.exists() else None


def read_refs(store: Store) -> list[Ref]:
    """Return all references by name; StoreError for a damaged one."""
    return [_ref(path) for path in sorted(store.root.glob("refs/*.json"))]


def remove_ref(store: Store, name: str) -> None:
    """Forget a name; the evidence stays until ``store gc``."""
    _path(store, name).unlink(missing_ok=True)


def _path(store: Store, name: str) -> Path:
    if not _NAME.fullmatch(name) or ".." in name or name.endswith("/"):
        raise SpecError(
            f"{name!r} can't name a baseline; use letters, digits, '.', '_', '-' and '/'"
        )
    return store.root / "refs" / f"{quote(name, safe='')}.json"


def _ref(path: Path) -> Ref:
    content = read_json(path)
    try:
        account, log = content["account"], content["log"]
        check_account(account, str(account["id"]))
        ref = Ref(name=content["name"], account=account, log=tuple(_moves(log)))
        if f"{quote(ref.name, safe='')}.json" != path.name:
            raise ValueError("its name isn't the file's")
    except (ValueError, LookupError, TypeError) as error:
        raise DamageError(f"{path}: damaged ({error}); set the baseline again") from None
    return ref


def _moves(log: Sequence[Mapping[str, JSON]]) -> list[Move]:
    moves = [Move(**{k: str(entry[k]) for k in Move.__slots__}) for entry in log]
    if not moves:
        raise ValueError("its log is empty")
    return moves
