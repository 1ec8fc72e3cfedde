"""``aligntax gate``, ``plan-gate`` and ``baseline`` as a user meets them."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer.main
from planted import Family, Planted

from harness import cli
from harness.records import digest
from harness.store import Store
from harness.store.verdicts import read_verdicts

Aligntax = Callable[..., tuple[int, str, str]]
POLICY = "rules: [{task: quiz, margin: 5}]\n"
N = 1000
CODES = {"PASS": 0, "REGRESSED": 1, "INCONCLUSIVE": 3, "INCOMPARABLE": 4}
COMMANDS = sorted(typer.main.get_command(cli.baseline_app).commands)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand questions: ``sft`` has all right, ``dpo`` a few wrong, ``base`` every tenth."""
    family = Family(tmp_path_factory.mktemp("answered"), N)
    for name, wrong in {"base": range(0, N, 10), "sft": (), "dpo": range(0, N, 100)}.items():
        family.plant(name, Planted(list(wrong)))
        family.run(name)
    return family.folder


@pytest.fixture
def folder(answered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same for one test, as the working directory."""
    shutil.copytree(answered, tmp_path, dirs_exist_ok=True)
    (tmp_path / "gate.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def aligntax(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Aligntax:
    """Return a function that runs the command line there: (exit code, stdout, stderr)."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


@pytest.fixture
def gate(aligntax: Aligntax) -> Aligntax:
    def run(candidate: str = "dpo", *args: object, baseline: str = "sft") -> tuple[int, str, str]:
        sides = ("--baseline", baseline, "--candidate", candidate)
        return aligntax("gate", *sides, "--policy", "gate.yaml", *args)

    return run


@pytest.mark.parametrize("command", ["gate", "plan-gate", "baseline"])
def test_every_command_has_help_with_an_example(aligntax: Aligntax, command: str) -> None:
    code, out, _ = aligntax(command, "--help")
    assert code == 0
    assert f"Example: aligntax {command}" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_baseline_command_has_help_with_an_example(aligntax: Aligntax, command: str) -> None:
    code, out, _ = aligntax("baseline", command, "--help")
    assert code == 0
    assert f"Example: aligntax baseline {command}" in out


@pytest.mark.parametrize(("candidate", "says"), [("dpo", "PASS"), ("base", "REGRESSED")])
def test_the_exit_code_is_the_verdicts(gate: Aligntax, candidate: str, says: str) -> None:
    code, out, _ = gate(candidate)
    assert (code, out.partition(":")[0]) == (CODES[says], says)


def test_a_margin_that_cant_be_seen_is_a_mistake(gate: Aligntax, folder: Path) -> None:
    (folder / "gate.yaml").write_text("rules: [{task: quiz, margin: 0.5}]\n")
    code, out, err = gate()
    assert (code, out) == (2, "")
    assert "the margin 0.5 pt is less than the 3.05 pt that 1000 can show" in err
    assert len(err.splitlines()) == 1


def test_one_margin_for_points_and_for_bits_is_a_mistake(
    gate: Aligntax, aligntax: Aligntax, folder: Path
) -> None:
    texts = [{"id": f"t{i}", "text": f"Which number is {i} of the sort?"} for i in range(30)]
    (folder / "texts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in texts))
    drift = "{name: drift, kind: perplexity, capability: general, data: texts.jsonl}"
    spec = (folder / "run.yaml").read_text().replace("tasks:\n", f"tasks:\n- {drift}\n")
    (folder / "run.yaml").write_text(spec)
    assert aligntax("run", "run.yaml", "--limit", "30")[0] == 0
    (folder / "gate.yaml").write_text("rules: [{task: '*', margin: 40}]\n")
    code, _, err = gate()
    assert code == 2
    assert "one margin (40) for rows in different units" in err
    by_unit = "rules: [{task: '*', margin: {'%': 40, bits/byte: 9}}]\n"
    (folder / "gate.yaml").write_text(f"allow_underpowered: true\n{by_unit}")
    found = json.loads(gate("dpo", "--json", "-")[1])
    assert {rule["row"]: rule["margin"] for rule in found["rules"]} == {
        "drift": 9,
        "quiz:plain": 0.4,
    }


def test_near_the_margin_it_is_inconclusive_whatever_that_means_here(
    gate: Aligntax, folder: Path
) -> None:
    (folder / "gate.yaml").write_text("rules: [{task: quiz, margin: 10}]\n")
    assert [gate("base")[0]] == [3]
    assert [gate("base", "--inconclusive", means)[0] for means in ("fail", "warn", "pass")] == [
        3,
        0,
        0,
    ]


def test_a_name_that_nothing_has_is_missing_evidence(gate: Aligntax) -> None:
    code, _, err = gate("dqo")
    assert code == 4
    assert "did you mean 'dpo'" in err


def test_a_store_that_isnt_there_is_missing_evidence(gate: Aligntax, folder: Path) -> None:
    assert gate("dpo", "--store", "nowhere")[0] == 4


def test_damage_goes_before_any_verdict(gate: Aligntax, folder: Path) -> None:
    for layer in folder.glob("evals/scores/*/acc_norm-*.parquet"):
        layer.write_bytes(layer.read_bytes()[:-50])
    code, _, err = gate()
    assert code == 74
    assert "rescore" in err


def test_json_on_stdout_is_the_verdict_and_nothing_else(gate: Aligntax) -> None:
    code, out, _ = gate("dpo", "--json", "-")
    found = json.loads(out)
    assert (code, found["decision"], found["rules"][0]["estimate"]["n"]) == (0, "PASS", N)


def test_all_files_say_the_same(gate: Aligntax, folder: Path) -> None:
    names = ("out/v.json", "out/v.md", "out/v.xml", "out/v.html")
    options = ("--json", names[0], "--markdown", names[1], "--junit", names[2], "--html", names[3])
    assert gate("base", *options)[0] == 1
    texts = [(folder / name).read_text() for name in names]
    assert json.loads(texts[0])["decision"] == "REGRESSED"
    assert "REGRESSED" in texts[1]
    assert ElementTree.fromstring(texts[2]).get("failures") == "1"
    assert "REGRESSED" in texts[3]


def test_a_report_that_cant_be_written_is_said_after_the_verdict(
    gate: Aligntax, folder: Path
) -> None:
    (folder / "file").touch()
    code, out, err = gate("base", "--html", "file/v.html", "--junit", "v.xml")
    assert code == 74
    assert out.startswith("REGRESSED")
    assert "can't be written" in err
    assert (folder / "v.xml").exists()


def test_github_gets_summary_outputs_and_annotations(
    gate: Aligntax, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "output"))
    (folder / "output").write_text("before=1\n")
    code, out, err = gate("base", "--json", "-", "--html", "v.html")
    assert code == 1
    assert json.loads(out)["decision"] == "REGRESSED"
    assert [line for line in err.splitlines() if line.startswith("::error title=REGRESSED")]
    assert (folder / "output").read_text() == "before=1\nverdict=REGRESSED\nreport-path=v.html\n"
    assert "> [!CAUTION]" in (folder / "summary").read_text()


def test_without_github_there_are_no_annotations(gate: Aligntax) -> None:
    assert "::error" not in "".join(gate("base")[1:])


def test_a_verdict_is_stored_with_what_it_rests_on(gate: Aligntax, folder: Path) -> None:
    gate("base")
    gate("dpo")
    first, second = read_verdicts(Store(folder / "evals"))
    assert [v.verdict.decision for v in (first, second)] == ["REGRESSED", "PASS"]
    assert [side.checkpoint for side in second.sides] == ["sft", "dpo"]
    (cell,) = second.sides[0].cells
    assert cell.row == "quiz:plain"
    assert (folder / "evals" / "cells" / cell.key).is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="drops root's rights")
def test_a_verdict_that_cant_be_stored_is_printed_with_its_exit_code(
    gate: Aligntax, folder: Path
) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        code, out, err = gate("base")
        fine = code == 1 and out.startswith("REGRESSED") and "the verdict isn't stored" in err
        os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_an_anchor_catches_what_creeps(gate: Aligntax, aligntax: Aligntax) -> None:
    aligntax("baseline", "set", "v1", "sft")
    code, out, _ = gate("base", "--anchor", "v1", baseline="base")
    assert code == 1
    assert "base and base are the same weights" in out
    against = [line.split()[3] for line in out.splitlines() if "quiz:plain" in line]
    assert against == ["v1", "base"]  # what regressed stands on top


def test_a_baseline_stays_what_it_was_when_its_checkpoint_is_trained_again(
    gate: Aligntax, aligntax: Aligntax, folder: Path
) -> None:
    assert aligntax("baseline", "set", "main", "sft")[0] == 0
    before = gate("dpo", "--json", "-", baseline="main")[1]
    spec = (folder / "run.yaml").read_text().replace("toy/sft", "toy/retrained")
    (folder / "run.yaml").write_text(spec)
    family = Family(folder, N)
    (folder / "run.yaml").write_text(spec)
    family.plant("sft", Planted(list(range(0, N, 3))))
    assert family.run("sft") == N
    assert gate("dpo", baseline="sft")[1].startswith("PASS")
    assert gate("sft", baseline="main")[0] == 1
    assert json.loads(gate("dpo", "--json", "-", baseline="main")[1]) == json.loads(before)


def test_baselines_are_set_shown_promoted_and_forgotten(aligntax: Aligntax) -> None:
    assert aligntax("baseline", "set", "main", "base")[0] == 0
    assert aligntax("baseline", "set", "pr/482", "toy:dpo")[0] == 0
    assert aligntax("baseline", "promote", "pr/482", "main")[0] == 0
    code, out, _ = aligntax("baseline", "show")
    assert [line.split()[:3] for line in out.splitlines()[1:]] == [
        ["main", "dpo", "toy"],
        ["pr/482", "dpo", "toy"],
    ]
    log = aligntax("baseline", "show", "main")[1]
    assert log.index("set") < log.index("promoted from pr/482")
    (ref,) = json.loads(aligntax("baseline", "show", "main", "--json")[1])
    assert [move["checkpoint"] for move in ref["log"]] == ["base", "dpo"]
    assert aligntax("baseline", "rm", "pr/482")[0] == 0
    assert aligntax("baseline", "rm", "pr/482")[0] == 4
    code, _, err = aligntax("baseline", "show", "mian")
    assert code == 4
    assert "did you mean 'main'" in err


@pytest.mark.parametrize("name", ["../up", "a b", "/x", "x/", "", "a" * 81, "family:x"])
def test_a_name_that_no_file_should_have_is_a_mistake(aligntax: Aligntax, name: str) -> None:
    assert aligntax("baseline", "set", name, "sft")[0] == 2


def test_what_has_no_evidence_cant_be_a_baseline(aligntax: Aligntax, folder: Path) -> None:
    shutil.rmtree(folder / "evals" / "scores")
    code, _, err = aligntax("baseline", "set", "main", "sft")
    assert code == 4
    assert "no evidence" in err


def test_an_exported_baseline_is_judged_the_same_on_an_empty_machine(
    gate: Aligntax, aligntax: Aligntax, folder: Path
) -> None:
    aligntax("baseline", "set", "main", "sft")
    aligntax("baseline", "set", "pr/1", "dpo")
    for name in ("main", "pr/1"):
        file = name.replace("/", "-") + ".zip"
        assert aligntax("baseline", "export", name, "--output", file)[0] == 0
        assert aligntax("baseline", "import", file, "--store", "empty")[0] == 0
    here = gate("pr/1", "--json", "-", baseline="main")
    there = gate("pr/1", "--json", "-", "--store", "empty", baseline="main")
    assert json.loads(here[1]) == json.loads(there[1])
    assert here[0] == there[0] == 0
    moves = json.loads(aligntax("baseline", "show", "main", "--json", "--store", "empty")[1])
    assert [move["why"] for move in moves[0]["log"]] == ["set", "imported from main.zip"]
    assert aligntax("store", "verify", "--store", "empty")[0] == 0


def test_a_sequential_gate_asks_no_further_than_its_verdict_takes(
    gate: Aligntax, folder: Path
) -> None:
    spec = (folder / "run.yaml").read_text().replace("toy/dpo", "toy/guessing")
    (folder / "run.yaml").write_text(spec)
    code, out, _ = gate("dpo", "--sequential", "--json", "-")
    (rule,) = json.loads(out)["rules"]
    assert (code, rule["decision"], rule["stopped"]["certified"]) == (1, "REGRESSED", True)
    assert rule["stopped"]["n"] < 100
    (stored,) = read_verdicts(Store(folder / "evals"))
    held = len(Store(folder / "evals").records(stored.sides[-1].cells[0].key))
    assert rule["stopped"]["n"] <= held < 200
    assert gate("dpo")[0] == 1  # what was asked is evidence for any gate


def test_a_sequential_gate_that_has_nothing_to_compare_asks_nothing(
    gate: Aligntax, folder: Path
) -> None:
    spec = (folder / "run.yaml").read_text().replace("toy/dpo", "toy/guessing")
    (folder / "run.yaml").write_text(spec.replace("family: toy", "family: other"))
    (folder / "gate.yaml").write_text("rules: [{task: other, margin: 5}]\n")
    code, out, _ = gate("dpo", "--sequential", baseline="toy:sft")
    assert (code, out.partition(":")[0]) == (4, "INCOMPARABLE")
    (stored,) = read_verdicts(Store(folder / "evals"))
    assert [side.name for side in stored.sides] == ["toy:sft"]


def test_plan_gate_runs_nothing_and_says_what_could_be_seen(
    aligntax: Aligntax, folder: Path
) -> None:
    before = digest(sorted(str(path) for path in folder.rglob("*")))
    code, out, _ = aligntax("plan-gate", "--baseline", "sft", "--policy", "gate.yaml")
    assert code == 0
    assert "3.05 pt" in out
    assert digest(sorted(str(path) for path in folder.rglob("*"))) == before
    code, out, _ = aligntax("plan-gate", "--baseline", "sft", "--policy", "gate.yaml", "--json")
    (rule,) = json.loads(out)["rules"]
    assert (rule["documents"], rule["units"], rule["needed"], rule["allowed"]) == (N, N, 371, True)
