"""An lm-eval task over local data is private like any other; `datasets` keeps no copy of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from leaks import contents, leaks
from toys import write_jsonl
from wards import Aligntax, Ward, planted

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
VALUES = [each["value"] for each in planted()]


def write_task(folder: Path) -> dict[str, str]:
    """Write a YAML file of lm-eval's over local data; return the entry that asks for it."""
    rows = [{"ask": p["text"], "choices": [p["value"], "no"], "gold": 0} for p in planted()]
    data = write_jsonl(folder / "theirs.jsonl", rows)
    config = {
        "task": "theirs",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{ask}}",
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "metric_list": [{"metric": "acc"}],
    }
    (folder / "theirs.yaml").write_text(yaml.safe_dump(config))
    return {"task": "theirs.yaml"}


@pytest.mark.parametrize("mode", ["redacted", "sensitive", "accept"])
def test_local_data_of_an_lm_eval_task_reach_no_file(ward: Ward, tmp_path: Path, mode: str) -> None:
    path = ward(mode, tasks=[write_task(tmp_path)], store="evals")
    home = {"HF_HOME": str(tmp_path / "hub"), "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    command = [sys.executable, "-m", "harness", "run", str(path), "--limit", "40"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | home
    )
    assert ended.returncode == 0, ended.stderr
    left = [ended.stdout, ended.stderr]
    for name in ("evals", "hub", "tmp"):
        left += [content for _, content in contents(tmp_path / name)]
    assert (leaks("".join(left), VALUES) == []) == (mode != "accept")
    [run] = (tmp_path / "evals" / "runs").glob("*.json")
    assert len(json.loads(run.read_text())["cells"]) == 2


def test_local_data_of_an_lm_eval_task_are_looked_through(
    ward: Ward, aligntax: Aligntax, tmp_path: Path
) -> None:
    code, _, err = aligntax("run", ward(None, tasks=[write_task(tmp_path)]))
    assert code == 2
    assert "theirs.jsonl:1: name" in err
    assert leaks(err, VALUES) == []
