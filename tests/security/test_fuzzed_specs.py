"""Whatever a run.yaml says, the answer is a plan or one line."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mutations import changed, checked, damaged, fuzzed, within
from toys import quiz_rows, write_jsonl

from harness.errors import AligntaxError
from harness.evaluate import Overrides, prepare
from harness.spec import load_spec

SPEC: dict[str, Any] = {
    "family": "toy",
    "checkpoints": [
        {"name": "base", "stage": "base", "model": "toy/base", "attributes": {"step": 100}},
        {"name": "sft", "stage": "sft", "parent": "base", "model": {"path": "toy/sft"}},
        {"glob": "./ck-*", "stage": "aligned", "parent": "sft"},
    ],
    "tasks": [
        "medical_qa_en:mcf",
        {
            "name": "quiz",
            "kind": "multiple_choice",
            "capability": "general",
            "data": "quiz.jsonl",
            "fields": {"question": "question"},
            "options": {},
        },
        {"task": "arc_challenge", "variants": ["cf"], "shots": 0, "limit": 2},
    ],
    "formats": ["plain"],
    "backend": {"name": "fake", "options": {}, "max_length": 512, "dtype": "float32"},
    "seed": 1,
    "store": "evals",
}
PLANNED = copy.deepcopy(SPEC)
del PLANNED["checkpoints"][2], PLANNED["tasks"][2], PLANNED["tasks"][0]
CODE = (
    "!!python/object/apply:os.system ['touch ran']",
    "!!python/name:os.system",
    "!!python/module:os",
    "!function own.run",
    "!!binary x",
    "!include other.yaml",
    "&a [*a, *a]",
    "<<: 1",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("specs") / "inside"
    (folder / "ck-1").mkdir(parents=True)
    write_jsonl(folder / "quiz.jsonl", quiz_rows(12))
    return folder


def outcome(folder: Path, content: bytes, *, planned: bool) -> str:
    """Return ``fine``, or the class of the one-line error; anything else is raised."""
    path = folder / "run.yaml"
    path.write_bytes(content)
    said: AligntaxError | None = None
    try:
        with within(20):
            spec = load_spec(path)
            if planned:
                prepare(Overrides(limit=2).apply(spec)).work()
    except AligntaxError as error:
        said = error
    return checked(said, (2, 4, 74))


def spelled(tree: Any, seed: int) -> bytes:
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    rng = random.Random(seed)
    if rng.random() < 0.1:
        lines = text.splitlines()
        place = rng.randrange(len(lines))
        lines[place] = f"{lines[place].partition(':')[0]}: {rng.choice(CODE)}"
        text = "\n".join(lines)
    return text.encode("utf-8", "surrogatepass")


@fuzzed(2000)
@given(st.integers(0, 2**32))
def test_a_spec_of_wrong_values_is_one_line(folder: Path, seed: int) -> None:
    outcome(folder, spelled(changed(SPEC, seed), seed), planned=False)


@fuzzed(700)
@given(st.integers(0, 2**32))
def test_a_spec_that_loads_is_planned_or_one_line(folder: Path, seed: int) -> None:
    outcome(folder, spelled(changed(PLANNED, seed), seed), planned=True)


@fuzzed(2000)
@given(st.integers(0, 2**32))
def test_a_spec_of_wrong_bytes_is_one_line(folder: Path, seed: int) -> None:
    content = yaml.safe_dump(SPEC, sort_keys=False).encode()
    outcome(folder, damaged(content, seed), planned=False)


@pytest.mark.parametrize("depth", [50, 500, 20_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_a_spec_without_end_is_one_line(folder: Path, brackets: str, depth: int) -> None:
    opening, closing = (
        part * depth for part in (brackets[0] + "a: " * (brackets == "{}"), brackets[1])
    )
    content = f"family: {opening}{closing}\n".encode()
    assert outcome(folder, content, planned=False) == "SpecError"


def test_entities_that_multiply_are_one_line(folder: Path) -> None:
    lines = ["a: &a0 [x, x]"]
    lines += [f"b{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert outcome(folder, "\n".join(lines).encode(), planned=False) == "SpecError"


def test_nothing_was_written_beside_the_specs(folder: Path) -> None:
    """The last of this file: the fuzzed specs above planned, and ran nothing."""
    assert {path.name for path in folder.iterdir()} == {"ck-1", "quiz.jsonl", "run.yaml"}
    assert [path.name for path in folder.parent.iterdir()] == ["inside"]
