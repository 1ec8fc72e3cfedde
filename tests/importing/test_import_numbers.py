"""Numbers without samples: kept apart, on their scale, never taken for paired evidence."""

from pathlib import Path

import pytest
from lm_eval_files import FIRST, brought, edited, held, write

from harness.analysis.comparability import compare_stated
from harness.analysis.rows import RowDelta, row_delta
from harness.errors import DamageError, EvidenceError
from harness.store import Store
from harness.store.imports import number_files, read_aggregates

ROW = "lm-eval/quiz"
BASE, SFT = [1, 1, 1, 0, 0, 1, 1, 1], [1, 0, 1, 0, 0, 1, 0, 1]


def numbers(store: Path, metric: str | None = None):
    found = read_aggregates(Store(store), "toy", metric)
    return {(n.identity.checkpoint, n.identity.row): n for n in found}


def both(tmp_path: Path) -> Path:
    write(tmp_path / "out", {"quiz": BASE}, "org/base", samples=False)
    write(tmp_path / "out", {"quiz": SFT}, "org/sft", samples=False)
    brought(tmp_path / "out", tmp_path / "evals", parent=None)
    return tmp_path / "evals"


def test_a_number_keeps_value_error_n_and_source(tmp_path: Path) -> None:
    found = numbers(both(tmp_path))["base", ROW]
    assert (found.value, found.n) == (0.75, 8)
    assert found.error == pytest.approx((0.75 * 0.25 / 7) ** 0.5)
    assert found.source == f"org__base/results_{FIRST}.json"
    assert held(tmp_path / "evals") == {}


def test_a_level_of_guessing_that_nobody_states_is_said_to_be_unknown(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": BASE}, samples=False)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert summary.notes == ("quiz: acc: the level of guessing isn't known, 0 stands for it",)


def test_two_numbers_have_an_unpaired_difference_and_are_never_comparable(tmp_path: Path) -> None:
    found = numbers(both(tmp_path))
    before, after = found["base", ROW], found["sft", ROW]
    comparability = compare_stated(before, after)
    assert (comparability.verdict, comparability.paired) == ("QUALIFIED", 0)
    assert "unpaired" in [reason.code for reason in comparability.reasons]
    delta = row_delta(before, after, seed=1)
    assert isinstance(delta, RowDelta)
    assert "unpaired standard error only" in delta.delta.method
    assert delta.qualified


def test_another_edition_of_a_number_is_incomparable(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/base", samples=False)
    write(tmp_path / "out", {"quiz": SFT}, "org/sft", samples=False, versions={"quiz": 2.0})
    brought(tmp_path / "out", tmp_path / "evals")
    found = numbers(tmp_path / "evals")
    verdict = compare_stated(found["base", ROW], found["sft", ROW]).verdict
    assert verdict == "INCOMPARABLE"


def test_shares_above_one_are_divided_by_a_hundred_and_it_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE}, samples=False)
    edited(path, lambda c: c["results"]["quiz"].update({"acc,none": 75.0, "acc_stderr,none": 16.4}))
    summary = brought(tmp_path / "out", tmp_path / "evals")
    found = numbers(tmp_path / "evals")["base", ROW]
    assert (found.value, found.error) == (0.75, pytest.approx(0.164))
    assert any("stated on 0 to 100, divided by 100" in note for note in summary.notes)


def test_a_small_share_beside_percentages_is_refused_for_it_may_be_either(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE, "exam": SFT}, samples=False)

    def percent(content: dict) -> None:
        content["results"]["quiz"]["acc,none"] = 75.0
        content["results"]["exam"]["acc,none"] = 0.5

    edited(path, percent)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert set(numbers(tmp_path / "evals")) == {("base", ROW)}
    assert any("on a scale of 0 to 100, or wrong" in u.why for u in summary.unmapped)


def test_samples_from_zero_to_a_hundred_become_shares(tmp_path: Path) -> None:
    from lm_eval_files import sample, write_samples

    path = write(tmp_path / "out", {"quiz": BASE})
    rows = [sample(i, bool(r), acc=100.0 * r) for i, r in enumerate(BASE)]
    write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)
    edited(path, lambda c: c["results"]["quiz"].update({"acc,none": 75.0}))
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert held(tmp_path / "evals")["base", ROW].primary.rows[:, 0].max() == 1.0
    assert any("divided by 100" in note for note in summary.notes)


@pytest.mark.parametrize("error", ["N/A", None, -1, "0.1"])
def test_an_error_that_is_no_number_is_not_stated(tmp_path: Path, error) -> None:
    path = write(tmp_path / "out", {"quiz": BASE}, samples=False)
    edited(path, lambda c: c["results"]["quiz"].update({"acc_stderr,none": error}))
    brought(tmp_path / "out", tmp_path / "evals")
    assert numbers(tmp_path / "evals")["base", ROW].error is None


def test_a_metric_of_unknown_direction_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE}, samples=False)
    edited(path, lambda c: c["results"]["quiz"].update({"oddity,none": 3.0}))
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert [(u.key, u.why) for u in summary.unmapped] == [
        ("quiz: oddity,none", "the file doesn't say whether higher is better")
    ]


def test_means_over_tasks_are_no_tasks(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE, "exam": SFT}, samples=False)

    def grouped(content: dict) -> None:
        content["results"]["all_of_it"] = {"acc,none": 0.6, "alias": "all_of_it"}
        content["groups"] = {"all_of_it": {"acc,none": 0.6}}
        content["group_subtasks"]["all_of_it"] = ["quiz", "exam"]

    edited(path, grouped)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert {row for _, row in numbers(tmp_path / "evals")} == {ROW, "lm-eval/exam"}
    assert [(u.key, u.why) for u in summary.unmapped] == [
        ("all_of_it", "a mean over tasks, not a task: its tasks count")
    ]


def test_evidence_that_comes_later_takes_the_place_of_a_number(tmp_path: Path) -> None:
    write(tmp_path / "first", {"quiz": BASE}, samples=False)
    write(tmp_path / "second", {"quiz": BASE})
    brought(tmp_path / "first", tmp_path / "evals")
    assert set(numbers(tmp_path / "evals")) == {("base", ROW)}
    brought(tmp_path / "second", tmp_path / "evals")
    assert numbers(tmp_path / "evals") == {}
    assert set(held(tmp_path / "evals")) == {("base", ROW)}


def test_a_metric_without_samples_stands_beside_one_that_has_them(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE})
    edited(path, lambda c: c["results"]["quiz"].update({"acc_norm,none": 0.5}))
    brought(tmp_path / "out", tmp_path / "evals")
    assert numbers(tmp_path / "evals") == {}
    assert numbers(tmp_path / "evals", "acc_norm")["base", ROW].value == 0.5
    assert held(tmp_path / "evals")["base", ROW].primary.info.name == "acc"


def test_a_damaged_number_says_so(tmp_path: Path) -> None:
    store = both(tmp_path)
    [first, _] = number_files(Store(store))
    first.write_text(first.read_text().replace("0.75", "0.95").replace("0.5", "0.9"))
    with pytest.raises(DamageError, match="doesn't hash to its name"):
        read_aggregates(Store(store), "toy")


def test_numbers_go_with_the_family_that_they_belong_to(tmp_path: Path) -> None:
    from harness.store.waste import named, remove, waste

    store = Store(both(tmp_path))
    assert waste(store, now=10**11) == []
    items = named(store, ["toy"])
    assert [item.what for item in items] == ["run", "number", "number"]
    remove(store, items)
    assert number_files(store) == []


def test_nothing_that_could_be_mapped_is_missing_evidence(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE}, samples=False)
    edited(path, lambda c: c["results"].update(quiz={"alias": "quiz"}))
    with pytest.raises(EvidenceError, match=r"nothing in it could be imported .*no number in it"):
        brought(tmp_path / "out", tmp_path / "evals")
    assert not (tmp_path / "evals").exists()
