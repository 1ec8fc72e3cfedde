"""Shapes of 0.4.0 to 0.4.13, and metrics of each kind."""

import json
from pathlib import Path

import pytest
from lm_eval_files import (
    CHOICES,
    FIRST,
    brought,
    edited,
    held,
    results,
    sample,
    write,
    write_samples,
)

from harness.records import Generate, Generation, RollingLogLikelihood
from harness.stats.bootstrap import value_of
from harness.store import Store, merge_runs

RIGHT = [1, 1, 1, 0, 0, 1, 1, 1]
ROW = "lm-eval/quiz"


def records(store: Path):
    here = Store(store)
    [cell] = merge_runs(here.runs())["toy"]["cells"]
    return here.records(cell["key"])


def test_the_first_releases_wrote_one_list_beside_results_json(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    content = results({"quiz": RIGHT})
    for key in ("n-samples", "higher_is_better", "lm_eval_version", "date", "model_name"):
        del content[key]
    content["config"] = {"model": "hf", "model_args": "pretrained=org/base,dtype=float16"}
    (out / "results.json").write_text(json.dumps(content))
    rows = []
    for i, right in enumerate(RIGHT):
        row = sample(i, bool(right), filter=None, doc_hash=None, prompt_hash=None, metrics=None)
        row["arguments"] = [[a["arg_0"], a["arg_1"]] for a in row["arguments"].values()]
        row["resps"] = [[[float(ll), greedy == "True"]] for [[ll, greedy]] in row["resps"]]
        rows.append(row)
    (out / "pretrained__org__base,dtype__float16_quiz.jsonl").write_text(json.dumps(rows, indent=2))
    brought(out, tmp_path / "evals")
    found = held(tmp_path / "evals")["base", ROW]
    assert value_of(found.primary.info, found.primary.rows) == 0.75
    assert found.identity.backend["dtype"] == "float16"
    assert records(tmp_path / "evals")[0].responses[1].logprob == -1.5


def test_an_output_path_that_ends_with_json_is_found(tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = write(out, {"quiz": RIGHT})
    path.rename(path.with_name(f"mine_{FIRST}.json"))
    assert brought(out, tmp_path / "evals").places[0].evidence == "records"


def test_one_file_of_results_may_be_named_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": RIGHT})
    write(tmp_path / "out", {"quiz": RIGHT}, "org/sft")
    summary = brought(path, tmp_path / "evals")
    assert [place.checkpoint for place in summary.places] == ["base"]


def test_metric_keys_without_a_filter_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": RIGHT})
    edited(path, lambda c: c.update(results={"quiz": {"acc": 0.75, "acc_stderr": 0.16}}))
    [place] = brought(tmp_path / "out", tmp_path / "evals").places
    assert (place.evidence, place.metric, place.value) == ("records", "acc", 0.75)


def test_model_arguments_may_be_a_mapping(tmp_path: Path) -> None:
    args = {"model_args": {"pretrained": "org/base", "peft": "org/lora-sft", "dtype": "auto"}}
    config = {"config": {**args, "model_dtype": "torch.bfloat16"}}
    write(tmp_path / "out", {"quiz": RIGHT}, **config)
    brought(tmp_path / "out", tmp_path / "evals")
    [(name, _)] = held(tmp_path / "evals")
    assert name == "lora-sft"
    found = held(tmp_path / "evals")[name, ROW].identity
    assert found.backend["dtype"] == "bfloat16"


def test_a_version_that_is_no_number_is_kept_in_the_signature(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": RIGHT}, versions={"quiz": "Yaml"})
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")["base", ROW]
    assert found.identity.task_version == 0
    assert "task_version:Yaml" in found.primary.info.signature


def test_predictions_without_metrics_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": RIGHT, "other": RIGHT})
    edited(path, lambda c: c["results"].update(other={"alias": "other", "bypass,none": 999}))
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert any("--predict_only" in u.why for u in summary.unmapped)


def generated(number: int, answer: str, **values) -> dict:
    settings = {"until": ["\n"], "max_gen_toks": 12, "do_sample": False}
    prompt = f"Q: {number}?\nA:"
    row = {
        "doc_id": number,
        "doc": {"question": f"{number}?"},
        "target": str(number),
        "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": settings}},
        "resps": [[answer]],
        "filtered_resps": [answer],
        "filter": "none",
        "prompt_hash": "ab",
    }
    return {**row, **values}


def write_generated(tmp_path: Path, rows: list[dict], stated: dict, metrics: list[dict]) -> None:
    path = write(tmp_path / "out", {"quiz": [1] * 4}, samples=False)

    def generation(content: dict) -> None:
        config = {"output_type": "generate_until", "metric_list": metrics}
        content["configs"]["quiz"].update(config)
        content["configs"]["quiz"]["filter_list"] = [
            {"name": name} for name in dict.fromkeys(row["filter"] for row in rows)
        ]
        content["results"]["quiz"] = stated
        content["higher_is_better"]["quiz"] = {m["metric"]: True for m in metrics}

    edited(path, generation)
    write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)


def test_several_filters_are_several_metrics_of_the_same_documents(tmp_path: Path) -> None:
    rows = [
        generated(i, "12", filter=name, exact_match=float(i % 2 == even), filtered_resps=[found])
        for name, even, found in (("strict", 0, "[invalid]"), ("flexible", 1, "12"))
        for i in range(4)
    ]
    stated = {"exact_match,strict": 0.5, "exact_match,flexible": 0.5}
    write_generated(tmp_path, rows, stated, [{"metric": "exact_match"}])
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")["base", ROW]
    assert [s.info.name for s in found.metrics] == ["exact_match,strict", "exact_match,flexible"]
    assert found.metrics[0].rows[:, 0].tolist() == [1, 0, 1, 0]
    assert found.metrics[1].rows[:, 0].tolist() == [0, 1, 0, 1]
    assert set(found.statuses) == {"no_answer"}


def test_filters_that_samples_do_not_name_are_not_guessed(tmp_path: Path) -> None:
    rows = [generated(i, "12", exact_match=1.0) for i in range(4)]
    stated = {"exact_match,strict": 1.0, "exact_match,flexible": 1.0}
    write_generated(tmp_path, rows, stated, [{"metric": "exact_match"}])
    path = tmp_path / "out" / "org__base" / f"results_{FIRST}.json"
    edited(path, lambda c: c["configs"]["quiz"].update(filter_list=[{}, {}]))
    samples = path.parent / f"samples_quiz_{FIRST}.jsonl"
    write_samples(samples, [{k: v for k, v in r.items() if k != "filter"} for r in rows])
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert summary.places[0].evidence == "number"
    assert any("no sample says which it is of" in u.why for u in summary.unmapped)


def test_generations_are_rebuilt_with_their_settings(tmp_path: Path) -> None:
    rows = [generated(i, ["12", " ", "12", "12"][i], exact_match=float(i > 1)) for i in range(4)]
    write_generated(tmp_path, rows, {"exact_match,none": 0.5}, [{"metric": "exact_match"}])
    brought(tmp_path / "out", tmp_path / "evals")
    first, second = records(tmp_path / "evals")[:2]
    assert first.requests == (Generate(context="Q: 0?\nA:", stop=("\n",), max_tokens=12),)
    assert first.responses == (Generation(texts=("12",), finish=("stop",), tokens=(0,)),)
    assert (first.status, first.reason) == ("ok", "wrong")
    assert (second.status, second.reason) == ("empty", "empty")
    generation = held(tmp_path / "evals")["base", ROW].identity.generation
    assert generation == {"until": ["\n"], "max_gen_toks": 12, "do_sample": False}


def test_lengths_that_nobody_counted_are_not_zero(tmp_path: Path) -> None:
    from harness.analysis.answers import described

    rows = [generated(i, "12", exact_match=1.0) for i in range(4)]
    write_generated(tmp_path, rows, {"exact_match,none": 1.0}, [{"metric": "exact_match"}])
    brought(tmp_path / "out", tmp_path / "evals")
    cell = held(tmp_path / "evals")["base", ROW]
    told = {s.info.name for s in described(cell, Store(tmp_path / "evals").records).metrics}
    assert "answer_characters" in told
    assert not told & {"answer_tokens", "truncated", "refusal", "wrong_language"}


def test_lists_of_each_document_are_flattened_where_that_gives_the_number(tmp_path: Path) -> None:
    lists = [[True, False], [True], [False, False], [True, True, True]]
    rows = [generated(i, "x", inst_level_strict_acc=lists[i]) for i in range(4)]
    metrics = [{"metric": "inst_level_strict_acc", "aggregation": "def agg(items): ..."}]
    write_generated(tmp_path, rows, {"inst_level_strict_acc,none": 5 / 8}, metrics)
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")["base", ROW].primary
    assert found.rows.tolist() == [[1, 2], [1, 1], [0, 2], [3, 3]]
    assert value_of(found.info, found.rows) == 5 / 8


def test_an_aggregation_that_is_unknown_leaves_the_number_alone(tmp_path: Path) -> None:
    rows = [generated(i, "x", oddity=float(i)) for i in range(4)]
    metrics = [{"metric": "oddity", "aggregation": "def agg(items): return max(items)"}]
    write_generated(tmp_path, rows, {"oddity,none": 3.0}, metrics)
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert (summary.places[0].evidence, summary.places[0].value) == ("number", 3.0)
    assert any("its samples give 1.5, the file states 3" in u.why for u in summary.unmapped)


def test_values_that_are_no_numbers_make_no_evidence(tmp_path: Path) -> None:
    rows = [generated(i, "x", exact_match=1.0) for i in range(4)]
    rows[2]["exact_match"] = float("nan")  # lm-eval writes it as it is
    write_generated(tmp_path, rows, {"exact_match,none": 1.0}, [{"metric": "exact_match"}])
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert summary.places[0].evidence == "number"
    assert any("no finite numbers" in u.why for u in summary.unmapped)


def test_texts_are_asked_plain_whatever_the_file_says_of_shots(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": [1] * 3}, samples=False, chat_template="{{ x }}")
    rows = [
        {
            "doc_id": i,
            "doc": {"page": f"page {i}"},
            "target": f"page {i}",
            "arguments": {"gen_args_0": {"arg_0": f"page {i}"}},
            "resps": [["-12.5"]],
            "filtered_resps": ["-12.5"],
            "filter": "none",
            "word_perplexity": [-12.5, 2],
            "bits_per_byte": [-12.5, 6],
        }
        for i in range(3)
    ]
    write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)

    def rolling(content: dict) -> None:
        bits = 12.5 / 6 / 0.6931471805599453
        content["configs"]["quiz"] = {"output_type": "loglikelihood_rolling"}
        content["n-shot"]["quiz"] = 2
        content["results"]["quiz"] = {
            "word_perplexity,none": 2.718281828459045**6.25,
            "word_perplexity_stderr,none": "N/A",
            "bits_per_byte,none": bits,
        }
        content["higher_is_better"] = {}

    edited(path, rolling)
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")["base", ROW]  # no shots in the row
    assert found.primary.info.name == "bits_per_byte"
    assert not found.primary.info.higher_is_better
    assert found.identity.variant.format == "plain"
    assert records(tmp_path / "evals")[0].requests == (RollingLogLikelihood("page 0"),)


def test_a_chat_in_json_is_text_and_pictures_leave_hashes(tmp_path: Path) -> None:
    rows = [generated(i, "x", exact_match=1.0) for i in range(4)]
    chat = json.dumps([{"role": "user", "content": "Hello"}])
    rows[0]["arguments"]["gen_args_0"]["arg_0"] = [chat]
    rows[1]["arguments"]["gen_args_0"]["arg_2"] = {"visual": ["png"]}
    write_generated(tmp_path, rows, {"exact_match,none": 1.0}, [{"metric": "exact_match"}])
    brought(tmp_path / "out", tmp_path / "evals")
    first, second = records(tmp_path / "evals")[:2]
    assert first.requests[0].context == chat
    assert (second.requests, second.responses) == ((), ())
    assert second.veiled is not None


@pytest.mark.parametrize("count", [len(CHOICES), 2 * len(CHOICES)])
def test_unconditional_requests_are_no_choices(tmp_path: Path, count: int) -> None:
    path = write(tmp_path / "out", {"quiz": RIGHT})
    rows = []
    for i, right in enumerate(RIGHT):
        row = sample(i, bool(right))
        if count > 4:
            for k, choice in enumerate(CHOICES):
                row["arguments"][f"gen_args_{4 + k}"] = {"arg_0": "", "arg_1": f" {choice}"}
                row["resps"].append([["-3.0", "False"]])
            row["acc_mutual_info"] = float(right)
        rows.append(row)
    write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)
    brought(tmp_path / "out", tmp_path / "evals")
    assert held(tmp_path / "evals")["base", ROW].primary.info.chance == 0.25
    assert len(records(tmp_path / "evals")[0].requests) == count
