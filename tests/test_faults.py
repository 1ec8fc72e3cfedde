"""Faults are provoked; each ends as it should, and none loses a record that was safe."""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from runs import go, go_on

from harness import account
from harness.backends.fake import FakeBackend
from harness.errors import StoreError
from harness.evaluate import prepare
from harness.records import Request, Response
from harness.spec import load_spec
from harness.store import Store, merge_runs, read_evidence

Write = Callable[..., Path]
ONE = [{"name": "sft", "stage": "sft", "model": "toy/sft"}]


def aligntax(*args: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "harness", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def no_file_larger_than(size: int) -> Callable[[], None]:
    """Return what a child does first: writes beyond ``size`` bytes fail as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("size", [3_000, 12_000, 30_000])
def test_a_full_disk_is_one_line_and_the_next_run_completes_the_store(
    write_spec: Write, tmp_path: Path, size: int
) -> None:
    path = write_spec()
    full = aligntax("run", path, preexec_fn=no_file_larger_than(size))
    assert (full.returncode, full.stdout, full.stderr.count("\n")) == (74, "", 1)
    store = tmp_path / "evals"
    assert full.stderr.startswith(f"aligntax: {store}: the store can't be written: File too large")
    safe = {key: Store(store).records(key) for key in Store(store).cells()}
    assert aligntax("run", path).returncode == 0
    other = write_spec(store="undisturbed")
    assert aligntax("run", other).returncode == 0
    for key in (whole := Store(tmp_path / "undisturbed")).cells():
        assert Store(store).records(key) == whole.records(key)
        assert all(record in whole.records(key) for record in safe.get(key, []))


def test_a_store_that_cant_be_written_but_has_all_is_shown(
    write_spec: Write, tmp_path: Path
) -> None:
    path = write_spec()
    table = aligntax("run", path).stdout
    before = sorted(p for p in (tmp_path / "evals").rglob("*") if p.is_file())
    again = aligntax("run", path, preexec_fn=no_file_larger_than(0))
    assert (again.returncode, again.stdout) == (0, table)
    assert "note: this run isn't listed in the store: " in again.stderr
    assert sorted(p for p in (tmp_path / "evals").rglob("*") if p.is_file()) == before
    more = write_spec(seed=99)  # other cells: now there is something to write
    assert aligntax("run", more, preexec_fn=no_file_larger_than(0)).returncode == 74


# A run, which loads all that is imported, and then the whole command without root's rights.
WITHOUT_ROOT = """
import contextlib, io, os, sys
from harness import cli

whole, sys.argv = sys.argv, sys.argv[:3]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    with contextlib.redirect_stderr(io.StringIO()):
        cli.main()
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sys.argv = whole
cli.main()
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those of pytest."""
    with TemporaryDirectory() as name:
        folder = Path(os.path.realpath(name))
        folder.chmod(0o755)
        yield folder
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)


def test_a_folder_without_rights_is_read_and_not_written(
    write_spec: Write, open_folder: Path
) -> None:
    spec = shutil.copytree(write_spec().parent, open_folder / "spec") / "run.yaml"
    table = aligntax("run", spec).stdout
    for entry in [open_folder, *open_folder.rglob("*")]:
        entry.chmod(0o555 if entry.is_dir() else 0o444)
    command = [sys.executable, "-c", WITHOUT_ROOT, "run", str(spec)]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (0, table)
    assert "Permission denied" in again.stderr
    more = [*command, "--limit", "3"]  # no table without the plan of these documents
    denied = subprocess.run(more, capture_output=True, text=True, check=False)
    assert (denied.returncode, denied.stdout, denied.stderr.count("\n")) == (74, "", 1)
    store = open_folder / "spec" / "evals"
    assert f"{store}: the store can't be written: Permission denied" in denied.stderr


@pytest.mark.parametrize("place", ["evals", "evals/inner"])
def test_a_file_in_place_of_the_store_is_one_line(
    write_spec: Write, tmp_path: Path, place: str
) -> None:
    (tmp_path / "evals").write_text("a file")
    found = aligntax("run", write_spec(store=place))
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (74, "", 1)
    assert f"aligntax: {tmp_path / place}: the store can't be" in found.stderr


@pytest.mark.parametrize("remains", [False, True])
def test_a_store_that_is_lost_while_a_run_goes_on_isnt_begun_anew(
    write_spec: Write, tmp_path: Path, remains: bool
) -> None:
    store = tmp_path / "evals"

    class Unmounts(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            yield from super().respond(requests)
            store.rename(tmp_path / "elsewhere")
            if remains:  # the mount point
                store.mkdir()

    job = prepare(load_spec(write_spec()))
    with pytest.raises(StoreError, match=f"{re.escape(str(store))}: the store"):
        go_on(job, lambda *_: Unmounts())
    assert [p for p in store.rglob("*") if p.is_file()] == []
    shutil.rmtree(store, ignore_errors=True)
    (tmp_path / "elsewhere").rename(store)
    assert go(write_spec()).asked == 2 * 32


def test_many_writers_at_once_make_one_whole_store(write_spec: Write, tmp_path: Path) -> None:
    tasks = [
        {"name": name, "kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
        for name in ("one", "two", "three")
    ]
    path = write_spec(tasks=tasks)
    command = [sys.executable, "-m", "harness", "run", str(path)]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen(command, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    ends = [(writer.communicate(timeout=120)[1], writer.returncode) for writer in writers]
    assert [code for _, code in ends] == [0] * 3, ends
    store = Store(tmp_path / "evals")
    assert [run["finished"] for run in store.runs()] == [True] * 3
    assert go(path).asked == 0
    other = write_spec(tasks=tasks, store="alone")
    go(other)
    alone = Store(tmp_path / "alone")
    assert store.cells() == alone.cells()
    for key in alone.cells():
        assert store.records(key) == alone.records(key)


class Backwards(datetime):
    """A clock that was set back by ten years."""

    @classmethod
    def now(cls, tz: Any = None) -> "Backwards":
        return cls(2016, 1, 1, tzinfo=tz or UTC)


def test_a_clock_that_goes_backwards_harms_nothing(
    write_spec: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [prepare(load_spec(write_spec())).plan.cells[0].documents[0].fields["question"]]
    go(write_spec(checkpoints=ONE), lambda *_: FakeBackend(failures=failing))
    monkeypatch.setattr(account, "datetime", Backwards)
    job = prepare(load_spec(write_spec(checkpoints=ONE)))
    for _ in range(3):
        summary = go_on(job, lambda *_: FakeBackend())
        assert job.store.runs()[-1]["id"] == summary.run["id"]
    (merged,) = merge_runs(job.store.runs()).values()
    (evidence,) = read_evidence(job.store, merged)
    assert (len(evidence.documents), evidence.errors) == (32, 0)
