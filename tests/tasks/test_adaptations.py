"""Rows of published sets become the rows that a kind reads."""

from pathlib import Path

import numpy as np
import pytest

from harness.errors import DataError
from harness.metrics.aggregate import AGGREGATES
from harness.records import Generation, LogLikelihood
from harness.registry import builtin_tasks
from harness.task import Prompt

PLAIN = Prompt(formulation="cf", format="plain")


def test_pubmedqa_is_asked_as_lm_eval_asks_it(twins):
    task = builtin_tasks()["pubmedqa"]
    context = (
        "Abstract: We asked about Aspirin.\nThirty patients took part.\n"
        "Question: Does Aspirin help?\nAnswer:"
    )
    assert list(task.requests(task.documents(twins)[0], PLAIN)) == [
        LogLikelihood(context, f" {answer}") for answer in ("yes", "no", "maybe")
    ]
    assert task.metrics_of("cf")[0].info.name == "acc"


def test_a_hellaswag_ending_continues_its_context(twins):
    task = builtin_tasks()["hellaswag"]
    request = task.requests(task.documents(twins)[0], PLAIN)[1]
    assert request == LogLikelihood("Which one is right in h-0?", " the right one")


def test_questions_with_several_answers_are_left_out_of_cmexam(twins):
    documents = builtin_tasks()["medical_qa_cmexam"].documents(twins)
    assert [d.id for d in documents] == ["c-0", "c-1", "c-2"]


def test_a_question_that_occurs_twice_in_mmlu_is_one_cluster(twins):
    clusters = {d.id: d.cluster for d in builtin_tasks()["mmlu_medical"].documents(twins)}
    assert clusters["a-again"] == clusters["a-0"]
    assert len(set(clusters.values())) == 3


def test_sentences_of_one_tico_document_are_one_cluster(twins):
    documents = builtin_tasks()["tico19_zh_en"].documents(twins)
    assert {d.cluster for d in documents} == {"tico-CMU_1"}
    assert documents[0].fields == {
        "source": "她已经咳嗽了一天。",
        "target": "She has had a cough for 1 days.",
    }


def test_empty_choices_of_truthfulqa_are_left_out(twins):
    task = builtin_tasks()["truthfulqa_mc1"]
    for document in task.documents(twins):
        assert len(document.fields["choices"]) == 3
    found = {d.id: d.fields["choices"][d.fields["answer"]] for d in task.documents(twins)}
    assert found == {"q0": "It is true", "q1": "It is false", "q2": "Nobody knows"}


def test_an_instruction_goes_before_its_input(twins):
    documents = builtin_tasks()["preference_polite"].documents(twins)
    assert documents[0].fields["prompt"] == "Correct this."
    assert documents[1].fields["prompt"] == "Correct this.\nHe go."


def test_a_pandalm_label_ranks_its_responses_and_empty_ones_are_left_out(twins):
    documents = builtin_tasks()["preference_pandalm"].documents(twins)
    assert [d.fields["ranks"] for d in documents] == [[1, 2], [2, 1], [2, 1]]
    assert [d.id for d in documents] == ["pandalm-0", "pandalm-1", "pandalm-3"]
    assert documents[1].fields["prompt"] == "Is that true?\nTea is hot."
    assert documents[1].fields["responses"] == ["No.", "True"]
    assert documents[2].fields["prompt"] == "Tea is hot."
    assert len({d.cluster for d in documents}) == 3


def test_all_of_pandalms_ties_are_there(shared):
    documents = builtin_tasks()["preference_pandalm"].documents(shared / "data")
    tied = sum(len(set(d.fields["ranks"])) == 1 for d in documents)
    assert (len(documents), tied, len({d.cluster for d in documents})) == (945, 103, 164)


def test_oasst_conversations_that_begin_alike_are_one_cluster(twins):
    first, second, third = builtin_tasks()["preference_oasst_zh"].documents(twins)
    assert first.cluster == second.cluster != third.cluster
    assert [turn["role"] for turn in second.fields["prompt"]] == ["user", "assistant", "user"]


def test_an_instruction_and_its_input_are_the_question(twins):
    first, second, _ = builtin_tasks()["answers_alpaca_libre"].documents(twins)
    assert first.fields == {"question": "Name a drug.", "answer": "Aspirin.0"}
    assert second.fields["question"] == "Name a drug.\n1"


def test_phee_has_drugs_effects_and_subjects_of_all_events_once(twins):
    first, second = builtin_tasks()["phee"].documents(twins)
    assert [(e["type"], e["text"]) for e in first.fields["entities"]] == [
        ("subject", "A man"),
        ("effect", "rash"),
        ("drug", "iron"),
    ]
    assert first.cluster == second.cluster == "phee-test-7"


@pytest.mark.parametrize("name", ["ncbi_disease", "ncbi_disease_abstracts", "bc5cdr", "phee"])
def test_a_perfect_list_of_a_published_set_reaches_nearly_one(name, shared):
    """A listed text can't say which of its occurrences it means."""
    task = builtin_tasks()[name]
    folder = shared / "data"
    outcomes = []
    for document in task.documents(folder)[:400]:
        lines = [f"{e['type']}: {e['text']}" for e in document.fields["entities"]]
        answer = Generation(texts=("\n".join(lines) or "none",), finish=("stop",), tokens=(9,))
        outcomes.append(task.score(document, [answer], "gen").outcome)
    primary = task.metrics[0]
    sums = np.array([primary.statistics(outcome) for outcome in outcomes]).sum(axis=0)
    (value,) = AGGREGATES[primary.info.aggregate](sums[None])
    assert value > (0.99 if name == "ncbi_disease_abstracts" else 0.995)


def test_the_short_wikitext_is_the_beginning_of_the_long_one(shared):
    long = builtin_tasks()["perplexity_wikitext"].documents(shared / "data")
    short = builtin_tasks()["perplexity_wikitext_short"].documents(shared / "data")
    for whole, part in zip(long, short, strict=True):
        assert whole.fields["text"].startswith(part.fields["text"])
        assert len(part.fields["text"]) <= 4400


@pytest.mark.parametrize(
    ("task", "file", "line"),
    [
        ("truthfulqa_mc1", "truthfulqa_mc", '{"question": "x", "mc1": {"choices": ["a"]}}'),
        ("pubmedqa", "pubmedqa_l", '{"question": "x", "contexts": "x", "answer": "yes"}'),
        ("mmlu_medical", "mmlu_medical", '{"question": "x"}'),
        ("phee", "phee", '{"text": "x", "events": 3}'),
        ("phee", "phee", '{"text": "x", "events": [{"arguments": [1]}]}'),
        ("preference_oasst_zh", "oasst_rm_zh", '{"messages": 3, "chosen": "x", "rejected": "y"}'),
        ("preference_pandalm", "pandalm", '{"instruction": "x", "input": "", "response1": "a"}'),
        ("preference_pandalm", "pandalm", '{"instruction": "x"}'),
        ("answers_huatuo_zh", "sft_huatuo_zh", '{"instruction": "x", "input": ""}'),
        ("preference_polite", "pref_polite", '{"chosen": "x", "rejected": "y"}'),
    ],
)
def test_a_row_that_cannot_be_adapted_is_named(tmp_path: Path, task, file, line):
    (tmp_path / file).mkdir()
    (tmp_path / file / "test.jsonl").write_text(line)
    with pytest.raises(DataError, match=r"test\.jsonl:1: field"):
        builtin_tasks()[task].documents(tmp_path)


def test_a_set_that_is_nowhere_says_where_it_should_be(tmp_path: Path):
    with pytest.raises(DataError, match=r"cmexam/test\.jsonl is needed and isn't there"):
        builtin_tasks()["medical_qa_cmexam"].documents(tmp_path)
