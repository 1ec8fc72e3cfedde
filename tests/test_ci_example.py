"""The example repository's workflow, step by step as a runner takes them, on an empty machine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
import yaml
from runs import go

from harness.analysis.subjects import find_subject
from harness.evaluate import prepare
from harness.records import Likelihood, LogLikelihood, pack
from harness.spec import load_spec
from harness.store import Store
from harness.store.archive import export_ref
from harness.store.refs import Move, account_of, write_ref
from harness.store.verdicts import read_verdicts

Steps = Callable[..., int]
DOCUMENTS = 100


@pytest.fixture(scope="module")
def example(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "tests" / "ci_example"


def plant(folder: Path, wrong: Collection[int] = (), without: Collection[int] = ()) -> None:
    """Write the answers of a model that gets some documents wrong and can't answer others."""
    (cell,) = prepare(load_spec(folder / "run.yaml")).plan.cells
    lines = []
    for number, document in enumerate(cell.documents):
        if number in without:
            continue
        right = document.fields["choices"][document.fields["answer"]]
        requests = cell.requests[document.id]
        responses = [
            Likelihood(logprob=-1.0 if _says(r, right) != (number in wrong) else -9.0, tokens=1)
            for r in requests
        ]
        packed = {"requests": [*map(pack, requests)], "responses": [*map(pack, responses)]}
        lines.append(json.dumps(packed))
    (folder / "answers.jsonl").write_text("\n".join(lines) + "\n")


def _says(request: object, choice: str) -> bool:
    assert isinstance(request, LogLikelihood)
    return request.continuation.strip() == choice


@pytest.fixture(scope="module")
def baseline(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What another machine exported: a model that knows all wards."""
    folder = tmp_path_factory.mktemp("release")
    shutil.copytree(example, folder, dirs_exist_ok=True)
    spec = (folder / "run.yaml").read_text().replace("candidate", "release")
    (folder / "run.yaml").write_text(spec)
    plant(folder)
    with chdir(folder):
        assert go(folder / "run.yaml").asked == DOCUMENTS
    store = Store(folder / "evals")
    release = find_subject(store, "release")
    move = Move.now("release", str(release.fingerprint), "set")
    ref = write_ref(store, "main", account_of(release.account, "release"), move)
    export_ref(store, ref, folder / "baseline.zip")
    return folder / "baseline.zip"


@pytest.fixture
def machine(example: Path, baseline: Path, tmp_path: Path) -> Path:
    """A fresh checkout: the example, the baseline's file, and no store."""
    folder = tmp_path / "checkout"
    shutil.copytree(example, folder)
    shutil.copy(baseline, folder)
    return folder


@pytest.fixture
def steps(machine: Path, tmp_path: Path) -> Steps:
    """Return a function that runs steps as GitHub's runner does, up to the first that fails."""
    stub = tmp_path / "bin"
    stub.mkdir()
    (stub / "python").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/installed\n')
    (stub / "python").chmod(0o755)
    environment = {
        "PATH": os.pathsep.join([str(stub), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }

    def run(found: list[dict[str, Any]], inputs: Mapping[str, str] | None = None) -> int:
        for step in _taken(found, inputs or {}):
            own = {key: _filled(str(value), inputs or {}) for key, value in step["env"].items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=machine,
                env=environment | own,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            with (tmp_path / "log").open("a") as log:
                log.write(done.stdout)
            if done.returncode:
                return done.returncode
        return 0

    return run


def _taken(found: list[dict[str, Any]], inputs: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the steps that run something, unless an input that they need is empty."""
    for step in found:
        conditions = re.findall(r"inputs\.([a-z-]+) (==|!=) ''", step.get("if", ""))
        if "run" in step and all((inputs[n] != "") == (op == "!=") for n, op in conditions):
            yield {"env": {}, **step}


def _filled(text: str, inputs: Mapping[str, str]) -> str:
    known = {f"inputs.{name}": value for name, value in inputs.items()}
    known["github.action_path"] = "/the/action"
    return re.sub(r"\$\{\{ ([a-z._-]+) \}\}", lambda found: known[found.group(1)], text)


def workflow(machine: Path, name: str = "gate") -> list[dict[str, Any]]:
    content = yaml.safe_load((machine / ".github" / "workflows" / f"{name}.yml").read_text())
    found: list[dict[str, Any]] = content["jobs"]["gate"]["steps"]
    return found


@pytest.mark.parametrize(
    ("code", "verdict", "answers"),
    [
        (0, "PASS", {"wrong": [7]}),
        (1, "REGRESSED", {"wrong": range(0, 90, 3)}),
        (3, "INCONCLUSIVE", {"wrong": range(0, 80, 10)}),
        (4, "INCOMPARABLE", {"without": [3, 5]}),
    ],
)
def test_the_build_ends_as_the_verdict_says(
    steps: Steps, machine: Path, tmp_path: Path, code: int, verdict: str, answers: dict[str, Any]
) -> None:
    plant(machine, **answers)
    assert steps(workflow(machine)) == code
    assert (tmp_path / "output").read_text() == (
        f"verdict={verdict}\nreport-path=report/verdict.html\n"
    )
    assert f"**{verdict}: candidate against main" in (tmp_path / "summary").read_text()
    assert verdict in (machine / "report" / "verdict.html").read_text()
    log = (tmp_path / "log").read_text()
    assert ("::error title=" in log) == (code != 0)
    (stored,) = read_verdicts(Store(machine / "evals"))
    assert (stored.verdict.decision, stored.verdict.exit_code) == (verdict, code)


def test_a_margin_that_cant_be_seen_ends_the_build_with_2(
    steps: Steps, machine: Path, tmp_path: Path
) -> None:
    plant(machine)
    (machine / "gate.yaml").write_text("rules: [{task: ward_quiz, margin: 1}]\n")
    assert steps(workflow(machine)) == 2
    log = (tmp_path / "log").read_text()
    assert "refused: more documents, or a larger margin" in log  # said before anything ran
    assert "the margin 1 pt is less than the 9.63 pt that 100 can show" in log
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(("code", "wrong"), [(0, []), (1, range(0, 90, 3))])
def test_the_action_does_the_same(
    steps: Steps,
    machine: Path,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    code: int,
    wrong: Collection[int],
) -> None:
    plant(machine, wrong)
    action = yaml.safe_load((pytestconfig.rootpath / "action.yml").read_text())
    (given,) = (step["with"] for step in workflow(machine, "action") if "id" in step)
    inputs = {name: about.get("default", "") for name, about in action["inputs"].items()} | given
    assert set(given) <= set(action["inputs"])
    assert steps(action["runs"]["steps"], inputs) == code
    assert (tmp_path / "installed").read_text() == "-m pip install --quiet /the/action\n"
    assert {path.name for path in (machine / "report").iterdir()} == {
        "verdict.json",
        "verdict.md",
        "junit.xml",
        "verdict.html",
    }
    assert "report-path=report/verdict.html" in (tmp_path / "output").read_text()


def test_the_action_asks_no_further_than_the_verdict_takes(
    steps: Steps, machine: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    plant(machine, range(0, 90, 2))
    action = yaml.safe_load((pytestconfig.rootpath / "action.yml").read_text())
    (given,) = (step["with"] for step in workflow(machine, "action") if "id" in step)
    inputs = {name: about.get("default", "") for name, about in action["inputs"].items()} | given
    assert steps(action["runs"]["steps"], inputs | {"sequential": "true"}) == 1
    (rule,) = json.loads((machine / "report" / "verdict.json").read_text())["rules"]
    assert rule["stopped"]["certified"]
    assert rule["stopped"]["n"] < DOCUMENTS
    (candidate,) = Store(machine / "evals").runs()
    (cell,) = candidate["cells"]
    assert len(Store(machine / "evals").records(cell["key"])) < DOCUMENTS


def test_no_input_of_the_action_is_pasted_into_a_shell(pytestconfig: pytest.Config) -> None:
    action = yaml.safe_load((pytestconfig.rootpath / "action.yml").read_text())
    assert not [step for step in action["runs"]["steps"] if "${{" in step.get("run", "")]
