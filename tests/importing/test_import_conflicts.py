"""Two results for one cell: both are kept, and none counts until somebody chooses."""

from pathlib import Path

import pytest
from lm_eval_files import FIRST, SECOND, brought, edited, held, sample, write, write_samples

from harness.errors import UsageError
from harness.store import Store, merge_runs
from harness.store.imports import read_aggregates

ROW = "lm-eval/quiz"
FIRST_RUN, SECOND_RUN = [1, 1, 1, 0, 0, 1, 1, 1], [1, 0, 1, 0, 0, 1, 1, 1]


def conflicting(tmp_path: Path, *, samples: bool = True) -> Path:
    out = tmp_path / "out"
    write(out, {"quiz": FIRST_RUN}, stamp=FIRST, samples=samples)
    write(out, {"quiz": SECOND_RUN}, stamp=SECOND, samples=samples)
    return out


def value(store: Path) -> float:
    rows = held(store)["base", ROW].primary.rows
    return float(rows[:, 0].mean())


def test_records_that_differ_are_kept_and_claim_nothing(tmp_path: Path) -> None:
    summary = brought(conflicting(tmp_path), tmp_path / "evals")
    [place] = summary.places
    assert (place.evidence, place.value) == ("conflict", None)
    assert place.differences == (
        f"acc differs on 1 of 8 documents of org__base/results_{FIRST}.json and "
        f"org__base/results_{SECOND}.json",
    )
    assert held(tmp_path / "evals") == {}
    assert len(Store(tmp_path / "evals").cells()) == 2


@pytest.mark.parametrize(("prefer", "expected"), [("newest", 0.625), ("oldest", 0.75)])
def test_the_one_that_is_preferred_counts(tmp_path: Path, prefer: str, expected: float) -> None:
    out = conflicting(tmp_path)
    brought(out, tmp_path / "evals")
    brought(out, tmp_path / "evals", prefer=prefer)
    assert value(tmp_path / "evals") == expected


def test_a_conflict_with_what_was_imported_before_is_seen(tmp_path: Path) -> None:
    write(tmp_path / "a", {"quiz": FIRST_RUN}, stamp=FIRST)
    write(tmp_path / "b", {"quiz": SECOND_RUN}, stamp=SECOND)
    brought(tmp_path / "a", tmp_path / "evals")
    assert value(tmp_path / "evals") == 0.75
    brought(tmp_path / "b", tmp_path / "evals")
    assert held(tmp_path / "evals") == {}
    brought(tmp_path / "b", tmp_path / "evals", prefer="oldest")
    assert value(tmp_path / "evals") == 0.75


def test_numbers_that_differ_are_a_conflict_too(tmp_path: Path) -> None:
    out = conflicting(tmp_path, samples=False)
    summary = brought(out, tmp_path / "evals")
    assert summary.places[0].evidence == "conflict"
    assert "acc is 0.75 in" in summary.places[0].differences[0]
    assert read_aggregates(Store(tmp_path / "evals"), "toy") == []
    brought(out, tmp_path / "evals", prefer="newest")
    [number] = read_aggregates(Store(tmp_path / "evals"), "toy")
    assert number.value == 0.625


def test_a_preferred_number_hides_the_records_that_differ_from_it(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": FIRST_RUN}, stamp=FIRST)
    write(tmp_path / "out", {"quiz": SECOND_RUN}, stamp=SECOND, samples=False)
    assert brought(tmp_path / "out", tmp_path / "evals").places[0].evidence == "conflict"
    brought(tmp_path / "out", tmp_path / "evals", prefer="newest")
    assert held(tmp_path / "evals") == {}
    assert read_aggregates(Store(tmp_path / "evals"), "toy")[0].value == 0.625


def test_runs_that_agree_are_no_conflict_and_the_newest_counts(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": FIRST_RUN}, stamp=FIRST)
    newer = write(tmp_path / "out", {"quiz": FIRST_RUN}, stamp=SECOND)
    rows = [sample(i, bool(r)) for i, r in enumerate(FIRST_RUN)]
    for row in rows:
        row["resps"][0] = [["-1.5000021", "False"]]  # another batch size
    write_samples(newer.parent / f"samples_quiz_{SECOND}.jsonl", rows)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert summary.places[0].evidence == "records"
    assert summary.places[0].files == (f"org__base/results_{SECOND}.json",)


def test_a_newer_run_over_fewer_documents_does_not_hide_the_whole(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": FIRST_RUN}, stamp=FIRST)
    write(tmp_path / "out", {"quiz": FIRST_RUN[:3]}, stamp=SECOND)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert (summary.places[0].evidence, summary.places[0].n) == ("records", 8)


def test_fewer_documents_that_differ_are_a_conflict(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": FIRST_RUN}, stamp=FIRST)
    write(tmp_path / "out", {"quiz": [1, 0, 1]}, stamp=SECOND)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert "differs on 1 of 3 documents" in summary.places[0].differences[0]


def test_both_sides_of_a_conflict_are_kept_by_the_care_of_the_store(tmp_path: Path) -> None:
    import os

    from harness.store.waste import waste

    brought(conflicting(tmp_path), tmp_path / "evals")
    for path in (tmp_path / "evals").rglob("*"):
        os.utime(path, (0, 0))
    gone = {item.what for item in waste(Store(tmp_path / "evals"), now=10**9)}
    assert "cell" not in gone


def test_a_name_that_was_measured_here_is_never_taken_over(tmp_path: Path, write_spec) -> None:
    from harness.cli import app

    spec = write_spec()
    app(["run", str(spec)], standalone_mode=False)
    write(tmp_path / "out", {"quiz": FIRST_RUN}, "org/base")
    with pytest.raises(UsageError, match="weights that were measured"):
        brought(tmp_path / "out", tmp_path / "evals")
    brought(tmp_path / "out", tmp_path / "evals", name="theirs")
    family = merge_runs(Store(tmp_path / "evals").runs())["toy"]
    assert [c["name"] for c in family["checkpoints"]] == ["base", "sft", "dpo", "theirs"]


def test_imported_and_measured_cells_of_one_row_never_compare(tmp_path: Path) -> None:
    """The same task by name: other code scored it, and the backend says so."""
    from dataclasses import replace

    from harness.analysis.comparability import compare

    write(tmp_path / "out", {"quiz": FIRST_RUN})
    brought(tmp_path / "out", tmp_path / "evals")
    theirs = held(tmp_path / "evals")["base", ROW]
    backend = {**theirs.identity.backend, "name": "hf"}
    ours = replace(theirs, identity=replace(theirs.identity, backend=backend))
    comparability = compare(ours, theirs).comparability
    assert (comparability.verdict, comparability.reasons[0].code) == (
        "QUALIFIED",
        "backend_differs",
    )


def test_other_weights_under_a_known_name_need_another_name(tmp_path: Path) -> None:
    write(tmp_path / "a", {"quiz": FIRST_RUN}, "org/base")
    write(tmp_path / "b", {"quiz": FIRST_RUN}, "other/base")
    brought(tmp_path / "a", tmp_path / "evals")
    with pytest.raises(UsageError, match="'base' stands for other weights in the family already"):
        brought(tmp_path / "b", tmp_path / "evals")
    brought(tmp_path / "b", tmp_path / "evals", name="base-2")
    assert {name for name, _ in held(tmp_path / "evals")} == {"base", "base-2"}


def test_stage_and_parent_stay_what_they_were_said_to_be(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": FIRST_RUN}, "org/dpo")
    brought(tmp_path / "out", tmp_path / "evals", stage="aligned", parent="sft")
    edited(path, lambda c: c["versions"].update(quiz=1.5))
    brought(tmp_path / "out", tmp_path / "evals", prefer="newest")
    [checkpoint] = merge_runs(Store(tmp_path / "evals").runs())["toy"]["checkpoints"]
    assert (checkpoint["stage"], checkpoint["parent"]) == ("aligned", "sft")
