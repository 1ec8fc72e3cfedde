"""The README's commands run, its spec is valid, its table is the demo's."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from toys import quiz_rows, write_jsonl

from harness import cli
from harness.spec import load_spec


@pytest.fixture
def readme(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")


def commands(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            assert line.startswith("$ "), line
            yield shlex.split(line[2:])


def test_every_aligntax_command_in_the_readme_runs(
    readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "quiz.jsonl", quiz_rows())
    write_jsonl(tmp_path / "sft.jsonl", [{"input": "a question", "output": "an answer"}])
    ran = [command for command in commands(readme) if command[0] == "aligntax"]
    for command in ran:
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        assert caught.value.code in (0, None), (command, err)
        assert out.strip(), command
    assert len(ran) >= 5


def test_every_make_target_in_the_readme_exists(readme: str, pytestconfig: pytest.Config) -> None:
    makefile = (pytestconfig.rootpath / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", readme))
    assert {"demo", "setup", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


def test_the_spec_in_the_readme_is_valid(readme: str, tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "run.yaml").write_text(block)
    (tmp_path / "out" / "checkpoint-10").mkdir(parents=True)
    spec = load_spec(tmp_path / "run.yaml")
    assert [c.name for c in spec.checkpoints] == ["base", "sft", "dpo", "checkpoint-10"]


def test_the_tree_in_the_readme_names_what_is_there(
    readme: str, pytestconfig: pytest.Config
) -> None:
    tree = readme[readme.index("```text\nharness/") :].split("```")[1]
    folder = pytestconfig.rootpath
    for line in tree.splitlines()[1:]:
        names = line[:38].split()
        base = folder / "harness" if line.startswith("  ") else folder
        for name in names:
            assert (base / name).exists(), name
