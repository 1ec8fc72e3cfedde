"""A wrong run.yaml gets one line that names file, line, key and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SpecError
from harness.spec import load_spec, task_request

Write = Callable[..., Path]

BASE = {"name": "base", "stage": "base", "model": "toy/base"}


def message(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    return text.removeprefix(str(path))


def test_a_whole_spec_becomes_a_frozen_value(write_spec: Write) -> None:
    spec = load_spec(write_spec(seed=7))
    assert [c.name for c in spec.checkpoints] == ["base", "sft", "dpo"]
    assert [c.parent for c in spec.checkpoints] == [None, "base", "sft"]
    assert spec.seed == 7
    assert spec.backend.name == "fake"
    assert spec.tasks[0].inline is not None


def test_relative_paths_are_relative_to_the_specs_own_folder(
    write_spec: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_spec(data="rows", checkpoints=[{**BASE, "model": "./weights"}])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    spec = load_spec(path)
    assert spec.store == tmp_path / "evals"
    assert spec.data == tmp_path / "rows"
    assert spec.checkpoints[0].model.path == str(tmp_path / "weights")
    assert spec.tasks[0].inline is not None
    assert spec.tasks[0].inline.data == tmp_path / "quiz.jsonl"


def test_a_glob_names_checkpoints_by_folder_in_the_order_of_their_steps(
    write_spec: Write, tmp_path: Path
) -> None:
    for step in (1000, 200, 30):
        (tmp_path / "out" / f"checkpoint-{step}").mkdir(parents=True)
    entries = [BASE, {"glob": "./out/checkpoint-*", "stage": "sft", "parent": "base"}]
    spec = load_spec(write_spec(checkpoints=entries))
    names = ["checkpoint-30", "checkpoint-200", "checkpoint-1000"]
    assert [c.name for c in spec.checkpoints[1:]] == names
    assert {c.parent for c in spec.checkpoints[1:]} == {"base"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seeed": 1}, ":23: seeed: unknown key; did you mean 'seed'?"),
        ({"family": None}, ":1: family: this key is needed and isn't there"),
        ({"seed": "many"}, ": seed: input should be a valid integer, not 'many'"),
        ({"checkpoints": []}, ": checkpoints: list should have at least 1 item"),
        ({"checkpoints": [{**BASE, "stge": "x"}]}, ": checkpoints.stge: unknown key; did you mean"),
        ({"checkpoints": [{**BASE, "stage": "tuned"}]}, ": checkpoints.stage: input should be"),
        ({"checkpoints": [{"name": "a", "stage": "base"}]}, "a checkpoint needs `model`"),
        ({"checkpoints": [BASE, {**BASE}]}, ":6: name: two checkpoints are named 'base'"),
        (
            {"checkpoints": [BASE, {**BASE, "name": "sft", "parent": "bsae"}]},
            ":6: parent: no checkpoint is named 'bsae'; did you mean 'base'?",
        ),
        (
            {"checkpoints": [{**BASE, "parent": "b"}, {**BASE, "name": "b", "parent": "base"}]},
            ":3: parent: the lineage has a cycle: base → b → base",
        ),
        ({"checkpoints": [{"glob": "no/*", "stage": "sft"}]}, "glob: nothing matches 'no/*'"),
        ({"tasks": ["quiz:cff"]}, "'cff' in 'quiz:cff' is no formulation"),
        ({"tasks": [{"name": "a", "kind": "multiple_choice"}]}, "`data`, `capability`"),
        ({"formats": ["native", "plain"]}, "`native` stands alone"),
        ({"chat_template": {"from": "nobody"}}, "chat_template.from: no checkpoint is named"),
        ({"checkpoints": [{**BASE, "model": "~nobody-here/x"}]}, "Write the path out"),
        ({"checkpoints": [{**BASE, "attributes": {"x": float("nan")}}]}, "can be stored"),
        ({"backend": {"name": "hf", "dtype": "int3"}}, ": backend.dtype: input should be"),
    ],
)
def test_a_mistake_is_named_with_line_key_and_remedy(
    write_spec: Write, changes: dict[str, object], expected: str
) -> None:
    assert expected in message(write_spec(**changes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("family: [", ":1: not valid YAML"),
        ("- a\n- b\n", "a spec is a mapping"),
        ("", "a spec is a mapping"),
        ("{[a]: 1}", ":1: a key must be a plain word"),
        ("family: a\nfamily: b\n", ":2: family: the key stands twice"),
        ("a: !!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_spec_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    assert expected in message(path)


def test_a_missing_spec_is_named(tmp_path: Path) -> None:
    assert "can't be read" in message(tmp_path / "run.yaml")


def test_a_task_is_spelled_with_its_variant() -> None:
    asked = task_request("medical_qa_en:mcf:chat:5shot")
    assert (asked.name, asked.variants, asked.formats, asked.shots) == (
        "medical_qa_en",
        ("mcf",),
        ("chat",),
        5,
    )


def test_a_task_may_say_which_held_out_task_its_tuning_data_belong_to(write_spec: Write) -> None:
    quiz = {"kind": "multiple_choice", "capability": "domain", "data": "quiz.jsonl"}
    tasks = [{"name": "quiz", **quiz}, {"name": "seen", **quiz, "seen_of": "quiz"}]
    assert [task.seen_of for task in load_spec(write_spec(tasks=tasks)).tasks] == [None, "quiz"]


def test_a_task_isnt_held_out_from_itself(write_spec: Write) -> None:
    tasks = [{"task": "medical_qa_en", "seen_of": "medical_qa_en"}]
    assert "`seen_of` names the task itself" in message(write_spec(tasks=tasks))
