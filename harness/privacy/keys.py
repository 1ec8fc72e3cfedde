"""The key of a store's owner: who hasn't got it can't guess the texts behind keyed hashes.

It lies in ``$ALIGNTAX_KEY_FILE``, else in ``$XDG_CONFIG_HOME/aligntax/key`` (``~/.config``), never
in a store, and is made when the first private task is planned. All who are to share private cells
share it; whoever loses it can still read the scores, and asks everything again.
"""

import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UsageError

__all__ = ["OwnerKey", "owner_key"]

_BYTES = 32


@dataclass(frozen=True, slots=True)
class OwnerKey:
    """A secret of at least 32 bytes."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """16 hexadecimal digits that name the key and say nothing about it."""
        return self.hash("aligntax owner key")[:16]

    def hash(self, *texts: str) -> str:
        """Return the HMAC-SHA256 (hex, 64 characters) of texts; (a, b) isn't (ab,)."""
        parts = (text.encode("utf-8", "surrogatepass") for text in texts)
        content = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.new(self.secret, content, hashlib.sha256).hexdigest()


def owner_key(store: Path) -> OwnerKey:
    """Return the key for private cells of a store; it is made if there is none.

    Raises UsageError for a key that others can read, that is too short, that lies in the store, or
    that can't be read or written.
    """
    path = _path()
    if path.resolve().is_relative_to(store.resolve()):
        raise UsageError(
            f"{path}: the key lies in the store that it protects; move it, and name its new place "
            "by ALIGNTAX_KEY_FILE"
        )
    try:
        if not path.exists():
            _make(path)
        return OwnerKey(_read(path))
    except OSError as error:
        raise UsageError(
            f"{path}: the key for private data can't be read or made: {error.strerror or error}; "
            "name another place by ALIGNTAX_KEY_FILE"
        ) from None


def _path() -> Path:
    named = os.environ.get("ALIGNTAX_KEY_FILE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "aligntax" / "key"


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise UsageError(f"{path}: everybody can read or write this key; `chmod 600 {path}`")
        secret = file.read()
    if len(secret) < _BYTES:
        raise UsageError(
            f"{path}: a key has at least {_BYTES} bytes, this file {len(secret)}; restore it, or "
            "remove it and a new one is made"
        )
    return secret


def _make(path: Path) -> None:
    """Write a new key; of two processes that do so at once, one wins and both use its key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink(missing_ok=True)
