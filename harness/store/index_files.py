"""The files of the index: of this version or not there; never a reason to fail.

What can't be read is made anew, what can't be written (a read-only store) is done without.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from harness.errors import StoreError
from harness.records import FORMAT_VERSION
from harness.store.codec import read_table, table_bytes
from harness.store.files import write_whole

__all__ = ["read_index", "write_index"]


def read_index(path: Path, schema: pa.Schema, version: str) -> pa.Table | None:
    """Return an index file; None where it can't be used as it is."""
    try:
        table = read_table(path)
    except StoreError:
        return None
    found = (table.schema.metadata or {}).get(b"index_version")
    return table if found == version.encode() and table.schema.equals(schema) else None


def write_index(
    path: Path, table: pa.Table, version: str, notes: Mapping[str, str] | None = None
) -> None:
    """Write an index file, with ``notes`` in its metadata."""
    metadata = {"format_version": str(FORMAT_VERSION), "index_version": version, **(notes or {})}
    with suppress(StoreError):
        write_whole(path, table_bytes(table.replace_schema_metadata(metadata)))
