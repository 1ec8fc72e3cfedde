"""Named references: ``<store>/refs/<name>.json``, what ``main`` or ``pr/482`` stands for.

A reference keeps the account of one checkpoint's cells as it was when it was set, so that a later
run of its family (other weights under the name, other tasks) changes nothing about it. A document
whose key is corrected later is another document, and pairs with nothing in either. Every move is
logged in the file.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from harness.errors import DamageError, EvidenceError, SpecError
from harness.records import FORMAT_VERSION, JSON, canonical
from harness.store.files import disk, write_whole
from harness.store.json_files import read_json
from harness.store.shapes import check_account
from harness.store.store import Store

__all__ = [
    "Move",
    "Ref",
    "account_of",
    "check_ref",
    "is_ref_name",
    "parse_ref",
    "read_ref",
    "read_refs",
    "remove_ref",
    "write_ref",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}")  # quoted it still is a file's name
_KEPT = ("id", "family", "versions")  # of the family's account


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One entry of a reference's log."""

    time: str
    """UTC, ISO 8601."""
    checkpoint: str
    fingerprint: str
    why: str
    """``set``, ``promoted from pr/482``, ``imported from baseline.zip`` ..."""

    @classmethod
    def now(cls, checkpoint: str, fingerprint: str, why: str) -> "Move":
        """Return a move that happens now."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        return cls(time=time, checkpoint=checkpoint, fingerprint=fingerprint, why=why)


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


def account_of(account: Mapping[str, JSON], checkpoint: str) -> dict[str, JSON]:
    """Return what a reference keeps of a family's account: one checkpoint with its cells."""
    return {
        **{key: account[key] for key in _KEPT if key in account},
        "checkpoints": [c for c in account["checkpoints"] if c["name"] == checkpoint],
        "cells": [
            {key: value for key, value in cell.items() if key != "cost"}
            for cell in account["cells"]
            if cell["checkpoint"] == checkpoint
        ],
        "finished": True,
    }


def write_ref(
    store: Store, name: str, account: Mapping[str, JSON], move: Move, log: Sequence[Move] = ()
) -> Ref:
    """Let a name stand for the one checkpoint of an account from now on; SpecError for a bad name.

    ``log`` is the past of a name that is new here. Raises StoreError if it can't be written.
    """
    path = _path(store, name)
    before = read_ref(store, name)
    ref = Ref(name=name, account=account, log=(*(before.log if before else log), move))
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


def is_ref_name(name: str) -> bool:
    """Tell whether a reference can have this name."""
    return _NAME.fullmatch(name) is not None and ".." not in name and not name.endswith("/")


def read_ref(store: Store, name: str) -> Ref | None:
    """Return what a name stands for, None if nothing; SpecError, StoreError as above."""
    path = _path(store, name)
    return _ref(path) if path.exists() else None


def read_refs(store: Store) -> list[Ref]:
    """Return all references by name; StoreError for a damaged one."""
    return [_ref(path) for path in sorted((store.root / "refs").glob("*.json"))]


def check_ref(path: Path) -> None:
    """Raise StoreError for a reference's file that can't be used."""
    _ref(path)


def remove_ref(store: Store, name: str) -> None:
    """Forget a name; the evidence stays until ``store gc``.

    Raises EvidenceError if there is none, StoreError if it can't be removed.
    """
    path = _path(store, name)
    with disk(path, "removed"):
        try:
            path.unlink()
        except FileNotFoundError:
            raise EvidenceError(f"{store.root}: no baseline {name!r}") from None


def parse_ref(content: Mapping[str, JSON], file: str) -> Ref:
    """Return the reference that a file of the name ``file`` holds.

    Raises LookupError, TypeError or ValueError, saying what is wrong, if it holds none.
    """
    account, log = content["account"], content["log"]
    check_account(account, str(account["id"]))
    ref = Ref(name=content["name"], account=account, log=tuple(_moves(log)))
    if not is_ref_name(ref.name) or f"{quote(ref.name, safe='')}.json" != file:
        raise ValueError("its name isn't the file's")
    if [checkpoint["name"] for checkpoint in account["checkpoints"]] != [ref.checkpoint]:
        raise ValueError("its checkpoint isn't the one that its log ends with")
    return ref


def _path(store: Store, name: str) -> Path:
    if not is_ref_name(name):
        raise SpecError(
            f"{name[:80]!r} can't name a baseline; use up to 80 letters, digits, '.', '_', '-', '/'"
        )
    return store.root / "refs" / f"{quote(name, safe='')}.json"


def _ref(path: Path) -> Ref:
    content = read_json(path)
    try:
        return parse_ref(content, path.name)
    except (ValueError, LookupError, TypeError) as error:
        raise DamageError(f"{path}: damaged ({error}); set the baseline again") from None


def _moves(log: Sequence[Mapping[str, JSON]]) -> list[Move]:
    moves = [Move(**{k: str(entry[k]) for k in Move.__slots__}) for entry in log]
    if not moves:
        raise ValueError("its log is empty")
    return moves
