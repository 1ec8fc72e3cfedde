"""The store: the only package that knows paths and formats of results.

    <store>/cells/<key>/cell.json                 what the key hashes; written first, never changed
    <store>/cells/<key>/journal-<process>.jsonl   in flight: one file per writer
    <store>/cells/<key>/segments/<sha256>.parquet records; immutable, named by content
    <store>/scores/<key>/<metric>-<hash>.parquet  score layers, one per metric signature
    <store>/runs/<id>.json                        what was asked, on what, and how it went
    <store>/runs/plans/<hash>.json                which documents a cell wants, named by content
    <store>/index/*.parquet                       what is listed without reading segments; rebuilt

A cell is the union of its segments and journals by record identity, so resuming, ``--limit`` and
two writers are one case: coverage grows. Equal work has equal names. ``<name>.damaged`` is a file
that was set aside, ``.gone/`` a cell on its way out; nothing reads either.
"""

from harness.store.evidence import read_evidence
from harness.store.families import merge_runs
from harness.store.store import Asked, CellWriter, Coverage, Store

__all__ = ["Asked", "CellWriter", "Coverage", "Store", "merge_runs", "read_evidence"]
