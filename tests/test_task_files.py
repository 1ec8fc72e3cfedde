"""A task by the path of a Python file runs only where the command line allows it."""

from pathlib import Path

import pytest

from harness.errors import TaskError
from harness.registry import expanded, find_task
from harness.spec import TaskRequest, load_spec

SOURCE = """
from dataclasses import dataclass
from harness.data import LocalFile
from harness.kinds.perplexity import perplexity
from harness.task import Card
from pathlib import Path

@dataclass
class Named:
    name: str

TASKS = tuple(
    perplexity(
        Card(name=Named(name).name, capability="general", language="en", licence="CC0", source="x"),
        LocalFile(Path("x.jsonl")),
    )
    for name in ({names})
)
"""


def written(folder: Path, *names: str, source: str = SOURCE) -> str:
    path = folder / "mine.py"
    path.write_text(source.replace("{names}", "".join(f"{name!r}, " for name in names)))
    return str(path)


def allowed(name: str) -> TaskRequest:
    return TaskRequest(name=name, allow_code=True, place="run.yaml:3")


def test_a_file_runs_only_when_code_is_allowed(tmp_path: Path) -> None:
    path = written(tmp_path, "a")
    with pytest.raises(TaskError, match="allow it with --allow-code"):
        find_task(TaskRequest(name=path))
    assert find_task(allowed(path)).name == "a"


def test_a_file_with_several_tasks_stands_for_all_or_for_the_one_that_is_named(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "a", "b")
    names = [find_task(request).name for request in expanded([allowed(path)])]
    assert names == ["a", "b"]
    assert find_task(allowed(f"{path}#b")).name == "b"
    with pytest.raises(TaskError, match=r"run.yaml:3: .* no task is named 'c' in it; it has a, b"):
        find_task(allowed(f"{path}#c"))
    with pytest.raises(TaskError, match="has several tasks"):
        find_task(allowed(path))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 0", "it fails: ZeroDivisionError: division by zero"),
        ("raise SystemExit('no')", "it fails: SystemExit: no"),
        ("x = 1", "it needs `TASK = ...`"),
        ("TASKS = (1, 2)", "it needs `TASK = ...`"),
    ],
)
def test_a_file_that_gives_no_task_is_one_line(tmp_path: Path, source: str, expected: str) -> None:
    path = written(tmp_path, source=source)
    with pytest.raises(TaskError, match=expected) as caught:
        find_task(allowed(path))
    assert "\n" not in str(caught.value)


def test_names_that_are_taken_or_doubled_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="'medical_qa_en' is taken"):
        find_task(allowed(written(tmp_path, "medical_qa_en")))
    (tmp_path / "other").mkdir()
    with pytest.raises(TaskError, match="two of its tasks have one name"):
        find_task(allowed(written(tmp_path / "other", "a", "a")))
    with pytest.raises(TaskError, match="no such file"):
        find_task(allowed(str(tmp_path / "absent.py")))


def test_a_path_in_a_spec_is_relative_to_the_spec(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(
        "family: x\n"
        "checkpoints: [{name: a, stage: base, model: x/y}]\n"
        "tasks: [./mine.py, './mine.py#b']\n"
    )
    names = [task.name for task in load_spec(tmp_path / "run.yaml").tasks]
    assert [Path(name).resolve() for name in names] == [
        tmp_path / "mine.py",
        tmp_path / "mine.py#b",
    ]
