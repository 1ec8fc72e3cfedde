"""Whatever lies in a store, reading it ends in results or in one line, and stays inside."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mutations import as_text, changed, checked, damaged, fuzzed, hostile_table, within
from runs import go
from toys import quiz_rows, write_jsonl

from harness.analysis.families import table_of
from harness.cost import newest_costs
from harness.errors import AligntaxError
from harness.records import canonical, digest
from harness.render import cost_cells, stage_table_markdown, stage_table_text
from harness.store import Store, merge_runs
from harness.store.codec import read_segment, record_to_json, table_bytes
from harness.store.index import open_index
from harness.store.verify import verify_cell, verify_runs

SPEC = {
    "family": "toy",
    "checkpoints": [
        {"name": "base", "stage": "base", "model": "toy/base"},
        {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
    ],
    "tasks": [
        {"name": "quiz", "kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
    ],
    "formats": ["plain"],
    "backend": "fake",
    "store": "evals",
}


class Victim:
    """A store with one file that is changed and put back."""

    def __init__(self, folder: Path) -> None:
        write_jsonl(folder / "quiz.jsonl", quiz_rows(12))
        (folder / "run.yaml").write_text(yaml.safe_dump(SPEC))
        go(folder / "run.yaml")
        self.store = Store(folder / "evals")
        self.key = self.store.cells()[0]
        self.outside = folder.parent

    def file(self, pattern: str) -> Path:
        return sorted(self.store.root.glob(pattern))[0]

    def tree(self, pattern: str) -> Any:
        return json.loads(self.file(pattern).read_text())

    def outcome(self, path: Path, content: bytes, read: Callable[[Store], object]) -> str:
        """Write the file, read the store; return ``fine`` or the class of the one-line error."""
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(content)
        said: AligntaxError | None = None
        try:
            with within(20):
                read(self.store)
        except AligntaxError as error:
            said = error
        finally:
            path.unlink() if before is None else path.write_bytes(before)
        return checked(said, (4, 74))


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("stores") / "inside"
    folder.mkdir()
    yield (victim := Victim(folder))
    assert [path.name for path in victim.outside.iterdir()] == ["inside"]
    assert {path.name for path in folder.iterdir()} == {"evals", "quiz.jsonl", "run.yaml"}


def listed(store: Store) -> None:
    """What ``ls`` and ``show --cost`` do."""
    index = open_index(store)
    assert [index.names, index.damage]
    runs = store.runs()
    assert all(cost_cells(cost) for _, cost in newest_costs(runs, runs[-1]))


def shown(store: Store) -> None:
    """What ``show`` and the leaderboard do."""
    for run in merge_runs(store.runs()).values():
        with np.errstate(all="ignore"):  # numbers that no metric gives, 5e-324 say
            table = table_of(store, run)
        text = stage_table_text(table, 100, colour=False) + stage_table_markdown(table)
        assert "\x1b" not in text


def records(store: Store) -> None:
    for key in store.cells():
        store.identity(key)
        assert [store.coverage(key), store.records(key)]


def verified(store: Store) -> None:
    for finding in [
        *verify_runs(store),
        *(f for k in store.cells() for f in verify_cell(store, k)),
    ]:
        assert finding.line


@fuzzed(1000)
@given(st.integers(0, 2**32))
def test_accounts_of_wrong_values(victim: Victim, seed: int) -> None:
    text = as_text(changed(victim.tree("runs/*.json"), seed), seed)
    content = text.encode("utf-8", "surrogatepass")
    victim.outcome(
        victim.file("runs/*.json"), content, (verified, listed, shown, shown, shown)[seed % 5]
    )


@fuzzed(400)
@given(st.integers(0, 2**32))
def test_accounts_of_wrong_bytes(victim: Victim, seed: int) -> None:
    path = victim.file("runs/*.json")
    victim.outcome(path, damaged(path.read_bytes(), seed), (listed, shown)[seed % 2])


@fuzzed(500)
@given(st.integers(0, 2**32))
def test_plans_of_wrong_values(victim: Victim, seed: int) -> None:
    tree = victim.tree("runs/plans/*.json")
    tree["documents"] = tree["documents"][:6]
    text = as_text(changed(tree, seed), seed)
    victim.outcome(victim.file("runs/plans/*.json"), text.encode("utf-8", "surrogatepass"), shown)


@fuzzed(500)
@given(st.integers(0, 2**32))
def test_cells_of_wrong_values(victim: Victim, seed: int) -> None:
    text = as_text(changed(victim.tree("cells/*/cell.json"), seed), seed)
    read = (records, listed, shown)[seed % 3]
    victim.outcome(victim.file("cells/*/cell.json"), text.encode("utf-8", "surrogatepass"), read)


@fuzzed(120)
@given(st.integers(0, 2**32))
def test_cells_that_hash_to_their_folder_and_are_none(victim: Victim, seed: int) -> None:
    """An attacker can compute the key of any identity; every file then fits its name."""
    identity = changed(victim.tree("cells/*/cell.json")["identity"], seed)
    try:
        key = digest(identity)
    except (ValueError, TypeError, RecursionError):
        return
    root, copy = victim.store.root, victim.store.root.parent / "evals2"
    shutil.copytree(root, copy)
    said: AligntaxError | None = None
    try:
        (copy / "cells" / victim.key).rename(copy / "cells" / key)
        (copy / "scores" / victim.key).rename(copy / "scores" / key)
        content = canonical({"format_version": 1, "key": key, "identity": identity})
        (copy / "cells" / key / "cell.json").write_text(content, "utf-8", "surrogatepass")
        (run,) = copy.glob("runs/*.json")
        run.write_text(run.read_text().replace(victim.key, key))
        with within(20):
            shown(Store(copy))
    except AligntaxError as error:
        said = error
    finally:
        shutil.rmtree(copy)
    checked(said, (4, 74))


def journal(victim: Victim) -> list[Any]:
    found = [record_to_json(record) for record in victim.store.records(victim.key)[:3]]
    return [
        {"format_version": 1},
        *({**line, "document": f"new{i}"} for i, line in enumerate(found)),
    ]


@fuzzed(1100)
@given(st.integers(0, 2**32))
def test_journals_of_wrong_values(victim: Victim, seed: int) -> None:
    lines, rng = journal(victim), random.Random(seed)
    at = rng.randrange(1, len(lines))
    lines[at] = changed(lines[at], seed)
    text = "".join(f"{as_text(line, seed)}\n" for line in lines[1:])
    text = f"{canonical(lines[0])}\n{text}"
    path = victim.store.cell_folder(victim.key) / "journal-x-1-1.jsonl"
    content = text.encode("utf-8", "surrogatepass")
    victim.outcome(path, content, verified if seed % 9 == 0 else records)


@fuzzed(400)
@given(st.integers(0, 2**32))
def test_journals_of_wrong_bytes_are_sealed_or_one_line(victim: Victim, seed: int) -> None:
    content = "".join(f"{json.dumps(line)}\n" for line in journal(victim)).encode()
    head, body = content.split(b"\n", 1)
    path = victim.store.cell_folder(victim.key) / "journal-x-1-1.jsonl"
    segments = set(victim.store.segments(victim.key))

    def sealed(store: Store) -> None:
        try:
            store.seal(victim.key)
            records(store)
        finally:
            path.touch()
            for new in set(store.segments(victim.key)) - segments:
                new.unlink()

    victim.outcome(path, head.replace(b" ", b"") + b"\n" + damaged(body, seed), sealed)


@fuzzed(700)
@given(st.integers(0, 2**32))
def test_segments_named_by_their_content_and_none(victim: Victim, seed: int) -> None:
    segment = read_segment(victim.store.segments(victim.key)[0])
    content = table_bytes(hostile_table(segment.slice(0, 4), seed))
    if seed % 3 == 0:
        content = damaged(content, seed)
    path = victim.file("cells/*/segments/*").with_name(
        f"{hashlib.sha256(content).hexdigest()}.parquet"
    )
    victim.outcome(path, content, (records, records, shown, verified)[seed % 4])


@fuzzed(800)
@given(st.integers(0, 2**32))
def test_score_layers_of_wrong_values(victim: Victim, seed: int) -> None:
    rng = random.Random(seed)
    path = victim.file(f"scores/{victim.key}/{rng.choice(('acc_norm', 'acc'))}-*.parquet")
    table = pq.read_table(path, partitioning=None)
    if seed % 2:
        table = hostile_table(table, seed)
    else:
        metadata = dict(table.schema.metadata)
        info = changed(json.loads(metadata[b"metric"]), seed)
        metadata[b"metric"] = as_text(info, seed).encode("utf-8", "surrogatepass")
        table = table.replace_schema_metadata(metadata)
    content = table_bytes(table)
    victim.outcome(path, damaged(content, seed) if seed % 5 == 0 else content, shown)


@fuzzed(150)
@given(st.integers(0, 2**32))
def test_an_index_of_wrong_bytes_is_made_again(victim: Victim, seed: int) -> None:
    open_index(victim.store)
    path = victim.file("index/*.parquet")
    content = damaged(path.read_bytes(), seed)
    if seed % 2:
        content = table_bytes(hostile_table(pq.read_table(path, partitioning=None), seed))
    assert victim.outcome(path, content, open_index) == "fine"


@fuzzed(40)
@given(st.integers(0, 2**32))
def test_a_run_on_a_hostile_store_goes_on_or_is_one_line(victim: Victim, seed: int) -> None:
    copy, rng = victim.store.root.parent / "evals2", random.Random(seed)
    shutil.copytree(victim.store.root, copy)
    segment = sorted(copy.glob("cells/*/segments/*.parquet"))[0]
    content = table_bytes(hostile_table(read_segment(segment), seed))
    segment.unlink()
    segment.with_name(f"{hashlib.sha256(content).hexdigest()}.parquet").write_bytes(content)
    layer = rng.choice(sorted(copy.glob("scores/*/*.parquet")))
    layer.write_bytes(damaged(layer.read_bytes(), seed))
    said: AligntaxError | None = None
    try:
        with within(30):
            go(copy.parent / "run.yaml", store=copy)
    except AligntaxError as error:
        said = error
    finally:
        shutil.rmtree(copy)
    checked(said, (4, 74))
