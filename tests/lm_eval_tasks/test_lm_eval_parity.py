"""Prompts and scores against lm-eval 0.4.13's ``simple_evaluate``: same documents, same model."""

from typing import Any

import pytest
from lm_eval_toys import (
    CONFIGS,
    FACTS,
    TEMPLATE,
    Yamls,
    as_arguments,
    load,
    our_prompt,
    our_values,
    rows,
    their_arguments,
    their_run,
    their_values,
)
from tiny_models import answers


@pytest.mark.parametrize("name", CONFIGS)
def test_prompts_are_lm_evals(name: str, write_yaml: Yamls, scripted: Any) -> None:
    path = write_yaml(name)
    task = load(path)
    for shots, chat in ((0, False), (3, False), (0, True), (3, True)):
        results = their_run(path, scripted, shots=shots, chat=chat)
        prompt = our_prompt(task, shots=shots, source=TEMPLATE if chat else None)
        ours = [
            [as_arguments(request) for request in task.requests(document, prompt)]
            for document in task.documents(None)
        ]
        assert ours == their_arguments(results, f"toy_{name}"), (shots, chat)


@pytest.mark.parametrize("name", CONFIGS)
def test_scores_are_lm_evals(name: str, write_yaml: Yamls, oracle: Any, backend: Any) -> None:
    scored = rows(FACTS, "t")
    if CONFIGS[name]["output_type"] == "generate_until":  # some answers that are right
        samples = their_run(write_yaml(name, scored), oracle)["samples"][f"toy_{name}"]
        for sample in samples[:2]:
            scored[sample["doc_id"]]["answer"] = sample["filtered_resps"][0]
    path = write_yaml(name, scored, task=f"toy_{name}_scored")
    results = their_run(path, oracle, shots=2)
    expected = their_values(results, f"toy_{name}_scored")
    task = load(path)
    found = our_values(task, our_prompt(task, shots=2), lambda requests: answers(backend, requests))
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert found.keys() == expected.keys()
