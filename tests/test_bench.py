"""The bench measures both sides on the same requests, and says how alike they are."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_models import save, tiny_llama, tiny_tokenizer

from harness import cli
from harness.results.bench import SideCost, Workload

TASKS = "medical_qa_en:cf,note_summary_en,perplexity_medical_en"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    tokenizer = tiny_tokenizer(bos=False)
    made = tiny_llama(tokenizer, max_position_embeddings=2048)
    return save(tmp_path / "model", made, tokenizer)


def bench(*options: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> tuple[str, str, Any]:
    monkeypatch.setattr("sys.argv", ["aligntax", "bench", *options])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    out, err = capsys.readouterr()
    return out, err, caught.value.code


@pytest.fixture
def found(model: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> dict[str, Any]:
    options = ["--tasks", TASKS, "--limit", "3", "--repeats", "2", "--other-batches", "1"]
    out, err, code = bench(
        str(model), *options, "--json", "--dtype", "float32", monkeypatch=monkeypatch, capsys=capsys
    )
    assert code in (0, None), err
    result: dict[str, Any] = json.loads(out)
    return result


def test_both_sides_answer_alike_and_are_timed_in_turn(found: dict[str, Any]) -> None:
    rows = {work["row"].split(":")[0]: work for work in found["workloads"]}
    assert len(rows) == 3
    for work in rows.values():
        assert len(work["ours"]["seconds"]) == len(work["theirs"]["seconds"]) == 2
        assert work["ours"]["median"] > 0
        assert set(work["other_batches"]) == {"1"}
    choice = rows["medical_qa_en"]
    assert choice["largest_difference"] < 1e-3
    assert choice["differing_choices"] == choice["differing_greedy"] == 0
    assert rows["note_summary_en"]["differing_texts"] == 0
    assert rows["perplexity_medical_en"]["largest_difference"] < 1e-2


def test_without_other_batches_the_best_is_the_one_there_is() -> None:
    cost = SideCost(seconds=(2.0,), median=2.0, tokens=1, working_bytes=None)
    work = Workload(
        row="quiz",
        documents=1,
        requests=1,
        ours=cost,
        theirs=replace(cost, median=6.0),
        batch_size=8,
        other_batches={},
        largest_difference=None,
        differing_choices=None,
        differing_greedy=None,
        differing_texts=None,
        unique_tokens=1,
        share_of_limit=0.5,
    )
    assert work.ratio == work.ratio_to_best == 3.0


def test_shared_beginnings_are_counted_once(found: dict[str, Any]) -> None:
    choice = next(w for w in found["workloads"] if w["row"].startswith("medical_qa_en"))
    assert choice["unique_tokens"] < choice["theirs"]["tokens"]
    assert choice["unique_tokens"] <= choice["ours"]["tokens"] < choice["theirs"]["tokens"]


def test_a_bad_batch_list_is_one_line(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    options = ["--tasks", "medical_qa_en", "--other-batches", "few"]
    _, err, code = bench(str(model), *options, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert err.count("\n") == 1
