"""Files of strangers, changed at random: an import ends well or in one line, and leaves no harm."""

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lm_eval_files import FIRST, brought, held, write
from mutations import as_text, changed, checked, damaged, fuzzed, within

from harness.errors import AligntaxError
from harness.store import Store
from harness.store.imports import read_aggregates
from harness.stored_tasks import TaskFinder
from harness.verify import verify

CODES = (2, 4)
SEEDS = st.integers(0, 2**32)
SCORES = [1, 0, 1, 1]


def attempt(folder: Path) -> str:
    """Import a folder, then read all that it left."""
    error, store = None, folder / "evals"
    try:
        with within(20):
            brought(folder / "out", store, privacy="accept")
    except AligntaxError as raised:
        error = raised
    if store.exists():
        assert [f.line for f in verify(Store(store), TaskFinder(allow_code=False)) if f.fault] == []
        if error is None:
            held(store)
            read_aggregates(Store(store), "toy")
    inside = {path.name for path in folder.iterdir()}
    assert inside <= {"out", "evals"}
    return checked(error, CODES)


@fuzzed(60)
@given(SEEDS)
def test_a_changed_results_file_ends_well(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name) / "out", {"quiz": SCORES, "exam": SCORES})
        path.write_text(as_text(changed(json.loads(path.read_text()), seed), seed))
        attempt(Path(name))


@fuzzed(60)
@given(SEEDS)
def test_changed_samples_end_well(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name) / "out", {"quiz": SCORES})
        samples = path.parent / f"samples_quiz_{FIRST}.jsonl"
        lines = samples.read_text().splitlines()
        at = seed % len(lines)
        lines[at] = as_text(changed(json.loads(lines[at]), seed), seed)
        samples.write_text("\n".join(lines))
        assert attempt(Path(name)) == "fine"  # at least the stated number


@fuzzed(40)
@given(SEEDS, st.booleans())
def test_damaged_bytes_end_well(seed: int, in_samples: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name) / "out", {"quiz": SCORES})
        file = path.parent / f"samples_quiz_{FIRST}.jsonl" if in_samples else path
        file.write_bytes(damaged(file.read_bytes(), seed))
        attempt(Path(name))
