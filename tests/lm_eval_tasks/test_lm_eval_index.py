"""Finding a task by its name, and what a group or a tag stands for."""

import time
from pathlib import Path

import pytest

from harness.errors import TaskError
from harness.lm_eval_tasks import members_of
from harness.lm_eval_tasks.index import Index, installed
from harness.registry import expanded
from harness.spec import task_request


def tree(folder: Path, **files: str) -> Index:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return Index(folder)


def test_the_installed_tasks_are_found_in_a_few_seconds() -> None:
    started = time.process_time()
    path = installed().find("arc_easy")
    assert time.process_time() - started < 7  # lm-eval's own index: 14
    assert path.name == "arc_easy.yaml"


@pytest.mark.slow
def test_the_index_is_lm_evals_own() -> None:
    from lm_eval.tasks import TaskManager

    theirs = TaskManager().task_index
    ours = installed()
    assert {n: e.yaml_path for n, e in theirs.items() if e.kind.name != "TAG"} == {
        n: e.path for n, e in ours.entries.items()
    }
    assert {n for n, e in theirs.items() if e.kind.name == "GROUP"} == {
        n for n, e in ours.entries.items() if e.is_group
    }
    assert {n: sorted(e.tags) for n, e in theirs.items() if e.kind.name == "TAG"} == ours.tags


def test_of_two_files_with_one_name_the_first_by_path_counts(tmp_path: Path) -> None:
    index = tree(tmp_path, b="task: quiz", a='"task": "quiz"  # quoted')
    assert index.find("quiz") == tmp_path / "a.yaml"


def test_a_class_with_a_group_is_a_task(tmp_path: Path) -> None:
    index = tree(tmp_path, a="task: quiz\ngroup: quizzes\nclass: !function t.Quiz")
    assert index.find("quiz") == tmp_path / "a.yaml"


def test_a_group_stands_for_its_tasks_those_of_nested_groups_and_of_tags(tmp_path: Path) -> None:
    (tmp_path / "_shared").write_text("tag: [small]\n")
    index = tree(
        tmp_path,
        all="group: all\ntask:\n  - inner\n  - small\n  - {group: x, task: [one]}\n",
        inner="group: inner\ntask: [{task: two, task_alias: 2}, three]\nmetadata: {version: 1}",
        one="include: _shared\ntask: one",
        two="task: two\ntag:\n- other\n",
    )
    assert index.members("all") == ("two", "three", "one")
    assert index.members("other") == ("two",)
    assert index.members("one") is None
    with pytest.raises(TaskError, match=r"lm-eval/inner is a group.*: lm-eval/two, lm-eval/three$"):
        index.find("inner")


@pytest.mark.parametrize(
    "text",
    ["group: all\ntask: [{task: one, num_fewshot: 5}]", "group: all\ntask: [one]\nnum_fewshot: 5"],
)
def test_a_group_that_changes_its_tasks_says_what(text: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="lm-eval/all: this group changes num_fewshot"):
        tree(tmp_path, all=text, one="task: one").members("all")


def test_a_run_asks_each_task_of_a_group_as_it_asks_the_group() -> None:
    asked = expanded([task_request("quiz"), task_request("lm-eval/ai2_arc:chat:2shot")])
    assert [request.name for request in asked] == [
        "quiz",
        "lm-eval/arc_challenge",
        "lm-eval/arc_easy",
    ]
    assert {(request.formats, request.shots) for request in asked[1:]} == {(("chat",), 2)}
    assert len(members_of("lm-eval/mmlu") or ()) == 57


def test_an_unknown_name_is_told_its_nearest() -> None:
    with pytest.raises(TaskError, match=r"lm-eval/arc_eezy: .*did you mean 'arc_easy'"):
        installed().find("arc_eezy")
