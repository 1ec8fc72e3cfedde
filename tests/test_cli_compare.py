"""``aligntax compare``: what it prints, in which form, and how it ends."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import go
from toys import quiz_rows, write_jsonl

from harness import cli
from harness.analysis.comparison import comparison
from harness.analysis.subjects import find_subject
from harness.render.headline import headline
from harness.results.divergence import DocumentDivergence, PairDivergence
from harness.store import Store
from harness.store.divergences import write_divergence

Write = Callable[..., Path]
Aligntax = Callable[..., tuple[int, str, str]]
WISHES = {
    "name": "wishes",
    "kind": "multiple_choice",
    "capability": "alignment",
    "data": "more.jsonl",
}


@pytest.fixture
def aligntax(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Aligntax:
    """Return a function that runs the command line: (exit code, stdout, stderr)."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


@pytest.fixture
def store(write_spec: Write, tmp_path: Path) -> Path:
    more = [{**row, "id": f"w{row['id']}"} for row in quiz_rows(60)]
    write_jsonl(tmp_path / "more.jsonl", more)
    quiz: dict[str, Any] = {**WISHES, "name": "quiz", "capability": "general", "data": "quiz.jsonl"}
    go(write_spec(tasks=[quiz, WISHES]))
    return tmp_path / "evals"


def test_a_comparison_is_printed_in_sections(aligntax: Aligntax, store: Path) -> None:
    code, out, err = aligntax("compare", "base", "sft", "dpo", "--store", store)
    assert (code, err) == (0, "")
    found = comparison(Store(store), ["base", "sft", "dpo"])
    for against in found.against:
        assert headline(against) in out
    for title in ("CHANGES against base", "TAX against base", "FORGETTING of dpo", "ITEMS"):
        assert title in out
    assert len(out.splitlines()) < 60


def test_json_is_the_whole_comparison(aligntax: Aligntax, store: Path) -> None:
    code, out, _ = aligntax("compare", "base", "dpo", "--json", "--store", store)
    assert code == 0
    found = json.loads(out)
    (against,) = comparison(Store(store), ["base", "dpo"]).against
    assert found["format_version"] == 1
    assert found["headlines"]["dpo"] == headline(against)
    (said,) = found["against"]
    (task,) = said["tax"]["retained"]["tasks"]
    assert against.tax.retained is not None
    assert task["delta"]["value"] == against.tax.retained.tasks[0].delta.value
    assert task["delta"]["method"]
    assert len(found["trajectories"][0]["items"]) == 32


def test_markdown_has_the_same_tables(aligntax: Aligntax, store: Path) -> None:
    _, text, _ = aligntax("compare", "base", "dpo", "--store", store)
    code, out, _ = aligntax("compare", "base", "dpo", "--markdown", "--store", store)
    assert code == 0
    assert out.startswith("## base (base of toy) → dpo (aligned of toy)")
    shown = next(line for line in text.splitlines() if line.startswith("quiz:plain"))
    row = next(line for line in out.splitlines() if line.startswith("| quiz:plain"))
    numbers = re.findall(r"[+−]?\d+\.\d+", shown)
    assert numbers
    assert re.findall(r"[+−]?\d+\.\d+", row.replace("&#91;", " ")) == numbers


def test_a_name_that_isnt_there_ends_in_one_line_and_4(aligntax: Aligntax, store: Path) -> None:
    code, out, err = aligntax("compare", "base", "dop", "--store", store)
    assert (code, out) == (4, "")
    assert err.count("\n") == 1
    assert "did you mean 'dpo'?" in err


def test_a_name_given_twice_is_a_usage_error(aligntax: Aligntax, store: Path) -> None:
    code, _, err = aligntax("compare", "base", "base", "--store", store)
    assert code == 2
    assert err == "aligntax: base: named twice; name each checkpoint once\n"


def test_nothing_that_compares_is_exit_4_with_the_reasons_printed(
    aligntax: Aligntax, write_spec: Write, tmp_path: Path
) -> None:
    base = {"name": "base", "stage": "base", "model": "toy/base"}
    dpo = {"name": "dpo", "stage": "aligned", "parent": "base", "model": "toy/dpo"}
    go(write_spec(checkpoints=[base]))
    data = tmp_path / "other.jsonl"
    write_jsonl(data, [{**row, "id": f"w{row['id']}"} for row in quiz_rows()])
    task = {"name": "quiz", "kind": "multiple_choice", "capability": "general", "data": str(data)}
    go(write_spec(checkpoints=[base, dpo], tasks=[task]))
    file = sorted((tmp_path / "evals" / "runs").glob("*.json"))[-1]
    run = json.loads(file.read_text())
    run["cells"] = [cell for cell in run["cells"] if cell["checkpoint"] == "dpo"]
    file.write_text(json.dumps(run))
    code, out, err = aligntax("compare", "base", "dpo", "--store", tmp_path / "evals")
    assert code == 4
    assert "no common document" in out
    assert err == "aligntax: nothing compares with base; the reasons stand above\n"


def damage(store: Path) -> Path:
    """Cut a copy of the run's account off; return its file."""
    (whole,) = sorted((store / "runs").glob("*.json"))
    cut = whole.with_name(f"20990101T000000-000000Z-{'a' * 6}.json")
    cut.write_text(whole.read_text()[:200])
    return cut


def test_a_damaged_account_is_named_and_the_others_are_compared(
    aligntax: Aligntax, store: Path
) -> None:
    _, before, _ = aligntax("compare", "base", "dpo", "--store", store)
    cut = damage(store)
    for command in (["compare", "base", "dpo"], ["show"]):
        code, out, err = aligntax(*command, "--store", store)
        assert code == 0
        assert out
        assert err.count("\n") == 1
        assert str(cut) in err
        assert "left out here" in err
    assert aligntax("compare", "base", "dpo", "--store", store)[1] == before


def test_what_isnt_found_without_a_damaged_account_ends_with_74(
    aligntax: Aligntax, store: Path
) -> None:
    cut = damage(store)
    code, out, err = aligntax("compare", "base", "later", "--store", store)
    assert (code, out) == (74, "")
    assert str(cut) in err
    assert "no checkpoint or baseline 'later'" in err


def test_no_verdict_is_given_on_a_store_with_a_damaged_account(
    aligntax: Aligntax, store: Path
) -> None:
    cut = damage(store)
    code, out, err = aligntax("gate", "--baseline", "base", "--candidate", "dpo", "--store", store)
    assert (code, out) == (74, "")
    assert err.count("\n") == 1
    assert str(cut) in err
    assert not (store / "verdicts").exists()


@pytest.mark.parametrize("name", ["aa-0-0.json", "kl-a-b-c.json"])
def test_a_damaged_pair_is_named_and_the_rest_is_compared(
    aligntax: Aligntax, store: Path, name: str
) -> None:
    (store / "pairs").mkdir()
    (store / "pairs" / name).write_text("{")
    code, out, err = aligntax("compare", "base", "dpo", "--store", store)
    assert code == 0
    assert "CHANGES against base" in out
    assert name in err
    assert err.count("\n") == 1


def test_kl_that_the_store_holds_is_shown(aligntax: Aligntax, store: Path) -> None:
    here = Store(store)
    sides = [str(find_subject(here, name).fingerprint) for name in ("base", "dpo")]
    sums = {"request": "r", "cluster": None, "tokens": 10, "reverse": 2.0, "variation": 0.5}
    documents = [DocumentDivergence(document=f"d{i}", forward=1.0 + i, **sums) for i in range(3)]
    pair = PairDivergence(
        identity={
            "reference": sides[0],
            "candidate": sides[1],
            "backend": {"dtype": "float32", "max_length": 16},
        },
        row="old",
        capability="general",
        language="en",
        documents=tuple(documents),
    )
    write_divergence(here, pair)
    _, out, _ = aligntax("compare", "base", "dpo", "--store", store)
    section = out.partition("KL DRIFT")[2]
    assert "old: general" in section
    assert "0.20 [" in section
    assert "nothing was measured on new text" in section
    _, out, _ = aligntax("compare", "base", "sft", "--store", store)
    assert "KL to the reference: not measured" in out
