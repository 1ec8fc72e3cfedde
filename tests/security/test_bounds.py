"""How much of a stranger's file is read, and what counts as JSON."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from many_cells import make_store
from mutations import within

from harness.errors import DamageError, StoreError
from harness.store import expansion
from harness.store.bounds import read_whole, strict_json
from harness.store.codec import read_segment
from harness.store.json_files import read_account, read_json


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "too large a number"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": "\\ud800"}', "surrogates"),
        ("[" * 100_000 + "]" * 100_000, "nested without end"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested deeper"),
        ("9" * 5000, "integer string conversion"),
        ('{"a": 1} x', "Extra data"),
        ("", "Expecting value"),
    ],
)
def test_what_isnt_strictly_json_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        strict_json(text.encode())


def test_json_within_the_bounds_is_read_as_it_is() -> None:
    value = {"a": [1, -2.5, None, True, "患者 \U0001f600", {"b": [[[]]]}], "c": 10**300}
    assert strict_json(json.dumps(value).encode()) == value
    assert strict_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "x.json")
    with within(10), pytest.raises(StoreError, match="no file that could be read"):
        read_json(tmp_path / "x.json")


def test_the_size_is_looked_at_before_a_byte_is_read(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(1 << 40)
    with within(10), pytest.raises(StoreError, match="1,099,511,627,776 bytes"):
        read_whole(tmp_path / "big", 1 << 30)


@pytest.mark.parametrize(
    ("version", "kind"),
    [("1", DamageError), (True, DamageError), (0, DamageError), (2, StoreError)],
)
def test_versions_are_whole_numbers(tmp_path: Path, version: object, kind: type) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"format_version": version}))
    with pytest.raises(kind):
        read_json(tmp_path / "x.json")


def repeated(rows: int, length: int) -> bytes:
    """Return a small file of one text in many rows."""
    column = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array(["x" * length]))
    sink = pa.BufferOutputStream()
    table = pa.table({"document": column})
    pq.write_table(table, sink, compression="zstd", store_schema=False)
    return sink.getvalue().to_pybytes()


def test_a_dictionary_that_repeats_a_text_a_million_times_is_refused(tmp_path: Path) -> None:
    content = repeated(1_000_000, 100_000)
    assert len(content) < 100_000  # for a hundred gigabytes
    path = tmp_path / f"{hashlib.sha256(content).hexdigest()}.parquet"
    path.write_bytes(content)
    with within(20), pytest.raises(DamageError, match="100,000,000,000 bytes in memory"):
        read_segment(path)


def test_more_rows_or_bytes_than_any_of_ours_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = repeated(2000, 10)
    expansion.refuse_expansion(content)
    monkeypatch.setattr(expansion, "MOST_ROWS", 1999)
    with pytest.raises(ValueError, match="2,000 rows"):
        expansion.refuse_expansion(content)
    monkeypatch.undo()
    monkeypatch.setattr(expansion, "MOST_BYTES", 50)
    with pytest.raises(ValueError, match="bytes in memory"):
        expansion.refuse_expansion(content)


def test_an_account_of_ten_thousand_cells_is_checked_in_a_second(tmp_path: Path) -> None:
    store = make_store(tmp_path, 1, 1)
    (path,) = store.run_files()
    run = json.loads(path.read_text())
    path.write_text(json.dumps(run | {"cells": run["cells"] * 10_000}))
    start = time.process_time()
    assert len(read_account(path)["cells"]) == 10_000
    assert time.process_time() - start < 1
