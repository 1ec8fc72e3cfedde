"""A run's account says what was asked, where and when, and holds no secret."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from runs import go

import harness
from harness.account import Account
from harness.backends.base import BackendSpec
from harness.backends.fake import FakeBackend
from harness.evaluate import prepare
from harness.records import Failure
from harness.spec import load_spec
from harness.store import Store, merge_runs
from harness.surroundings import code_state, device, git_state

Write = Callable[..., Path]
TOKEN = "aB3dE5fG7hJ9kL2mN4pQ6rS8tU0vW1xY"


def account(path: Path) -> Any:
    go(path)
    (file,) = (path.parent / "evals").glob("runs/*.json")
    return json.loads(file.read_text())


def git(folder: Path, *arguments: str) -> None:
    named = ["-c", "user.name=Kim", "-c", "user.email=kim@example.org"]
    subprocess.run(["git", "-C", str(folder), *named, *arguments], check=True, capture_output=True)


def test_an_account_says_what_ran_where_and_how_long(write_spec: Write) -> None:
    run = account(write_spec())
    assert run["finished"]
    assert datetime.fromisoformat(run["started"]) <= datetime.fromisoformat(run["ended"])
    assert run["machine"]["cores"] == os.cpu_count()
    assert run["machine"]["memory_bytes"] > 1 << 28
    assert run["machine"]["processor"]
    assert run["peak_process_bytes"] > 1 << 24
    assert run["versions"]["aligntax"] == harness.__version__
    assert {"torch", "transformers", "peft", "lm-eval", "numpy"} <= set(run["versions"])
    assert set(run["seconds"]) == {"base", "sft", "dpo"}
    assert run["spec"]["backend"]["name"] == "fake"
    assert run["spec"]["backend"]["allow_pickle"] is False


def test_an_unfinished_run_has_no_end(write_spec: Write) -> None:
    job = prepare(load_spec(write_spec()))
    begun = Account(job.plan, job.store)
    begun.write()
    (run,) = job.store.runs()
    assert (run["finished"], run["ended"]) == (False, None)


def test_the_state_of_the_specs_checkout_is_kept(write_spec: Write) -> None:
    path = write_spec()
    git(path.parent, "init", "-q")
    git(path.parent, "add", "run.yaml", "quiz.jsonl")
    git(path.parent, "commit", "-qm", "a spec")
    clean = account(path)["git"]["spec"]
    assert len(clean["revision"]) == 40
    assert clean["dirty"] is False
    path.write_text(path.read_text() + "\n")
    assert git_state(path.parent) == {"revision": clean["revision"], "dirty": True}


def test_outside_git_there_is_no_state(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")
    monkeypatch.setenv("GIT_DIR", str(Path.cwd() / ".git"))  # ours isn't the folder's
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "nowhere") is None
    assert code_state(None)["spec"] is None
    assert capfd.readouterr() == ("", "")


def test_a_git_that_hangs_or_is_missing_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setattr("harness.surroundings._SECONDS", 0.2)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert git_state(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert git_state(tmp_path) is None


def test_a_checkouts_own_programs_dont_run(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("a")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "a")
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(hook))
    assert git_state(tmp_path) is not None
    assert not (tmp_path / "ran").exists()


def test_a_torch_backends_device_is_named() -> None:
    found = device(BackendSpec(name="hf", device="cpu", dtype="float32"))
    assert found is not None
    assert found["name"] == "cpu"
    assert found["threads"] >= 1
    assert device(BackendSpec(name="fake")) is None


def test_no_secret_reaches_the_store(write_spec: Write) -> None:
    options = {"answers": {}, "api_key": "hunter22", "url": f"https://kim:{TOKEN}@host/v1"}
    path = write_spec(
        backend={"name": "fake", "options": {"headers": {"x": TOKEN}, **options}},
        checkpoints=[
            {
                "name": f"hf_{TOKEN}",
                "stage": "base",
                "model": f"https://host/m?token={TOKEN}",
                "attributes": {"hub_token": "hunter22", "note": f"made with sk-{TOKEN}"},
            }
        ],
    )
    go(path, lambda *_: FakeBackend(None, (), "1"))
    stored = [p.read_bytes() for p in (path.parent / "evals").rglob("*") if p.is_file()]
    assert stored
    for secret in (TOKEN.encode(), b"hunter22"):
        assert not any(secret in content for content in stored)
    runs = Store(path.parent / "evals").runs()
    (family,) = merge_runs(runs).values()
    assert family["cells"][0]["checkpoint"] == family["checkpoints"][0]["name"]


def test_what_a_backend_says_of_its_key_isnt_recorded(write_spec: Write) -> None:
    class Refusing:
        def respond(self, requests: Any) -> Any:
            for index, _ in enumerate(requests):
                yield index, Failure(f"401: bad key sk-{TOKEN}")

        def close(self) -> None: ...

    path = write_spec()
    summary = go(path, lambda *_: Refusing())
    assert "401: bad key …" in summary.incomplete[0]
    for key in (store := Store(path.parent / "evals")).cells():
        reasons = {record.reason for record in store.records(key)}
        assert reasons == {"401: bad key …"}


def test_an_account_of_an_older_version_loads(write_spec: Write) -> None:
    path = write_spec()
    run = account(path)
    for name in ("machine", "versions", "git", "device", "started", "ended", "seconds", "wanted"):
        run.pop(name)
    run.pop("peak_process_bytes")
    for cell in run["cells"]:
        del cell["cost"]
    (file,) = (path.parent / "evals").glob("runs/*.json")
    file.write_text(json.dumps(run))
    (read,) = Store(path.parent / "evals").runs()
    assert read == run
