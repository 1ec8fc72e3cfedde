"""Sums, last words, talks and translations: rows become prompts, and answers are read."""

import importlib.util
import sys
from decimal import Decimal
from types import SimpleNamespace

import pytest

import tasks
from harness.data import read_jsonl
from harness.errors import DataError
from harness.metrics.final_answer import final_number
from harness.records import Generation, LogLikelihood
from harness.registry import builtin_tasks
from harness.task import Prompt


def prompt(formulation="gen", examples=()):
    return Prompt(formulation=formulation, format="plain", examples=tuple(examples))


def first_context(name, folder, shots=0):
    task = builtin_tasks()[name]
    asked = prompt(task.formulations[0], task.examples(folder)[:shots])
    return task.requests(task.documents(folder)[0], asked)[0].context


def loaded(file):
    """Return a task file's tasks, loaded afresh: tasks remember the documents they have read."""
    [folder] = tasks.__path__
    spec = importlib.util.spec_from_file_location(f"fresh_{file}", f"{folder}/{file}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub(monkeypatch):
    """Return a function that gives the hub rows, as (id, config, split) -> rows."""

    def give(rows):
        def load_dataset(name, config, split):
            return rows[(name, config, split)]

        monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))

    return give


def test_a_sum_is_asked_as_lm_eval_asks_it(twins):
    context = first_context("gsm8k", twins, shots=1)
    example, question = context.split("\n\n")
    assert example.startswith("Question: Tom has 1,000 pills")
    assert example.splitlines()[-1].startswith("#### 99")
    assert question == "Question: Tom has 1,000 pills and takes 0. How many are left?\nAnswer:"
    assert builtin_tasks()["gsm8k"].shots == 5


def test_a_sum_in_words_is_right_flexibly_and_not_strictly(twins):
    task = builtin_tasks()["gsm8k"]
    document = task.documents(twins)[1]
    answer = [Generation(texts=("She has 999 left.",), finish=("stop",), tokens=(9,))]
    score = task.score(document, answer, "gen")
    assert (score.status, score.reason) == ("ok", None)
    found = {m.info.name: m.statistics(score.outcome)[0] for m in task.metrics}
    assert (found["flexible"], found["strict"], found["strict_extracted"]) == (1.0, 0.0, 0.0)


def test_every_solution_of_gsm8k_ends_with_its_answer(shared):
    rows = read_jsonl(shared / "data" / "gsm8k" / "test.jsonl")
    assert len(rows) == 1319
    for row in rows:
        assert final_number(row.text("solution"), "strict") == Decimal(row.text("answer"))


def test_gsm8k_from_the_hub_keeps_its_solution_under_answer(hub):
    row = {"question": "1 + 1?", "answer": "1 + 1 = 2\n#### 2"}
    other = {"question": "1 + 2?", "answer": "3\n#### 3"}
    hub({("openai/gsm8k", "main", "test"): [row], ("openai/gsm8k", "main", "train"): [other]})
    task = loaded("gsm8k").TASK
    [document] = task.documents(None)
    assert document.fields == {"source": "1 + 1?", "target": "1 + 1 = 2\n#### 2"}
    assert [e.fields["source"] for e in task.examples(None)] == ["1 + 2?"]


def test_the_last_word_of_a_passage_is_its_target(twins):
    task = builtin_tasks()["lambada"]
    [request] = task.requests(task.documents(twins)[0], prompt("cf"))
    assert request == LogLikelihood("She took pill 0. She couldn't stand the", " pill")


def test_lambada_from_the_hub_is_cut_before_its_last_word(hub):
    row = {"text": "She took a pill. She couldn't stand the pill"}
    hub({("EleutherAI/lambada_openai", "default", "test"): [row, {"text": "A b"}, row]})
    one, other, again = loaded("lambada").TASK.documents(None)
    assert one.fields == {"context": "She took a pill. She couldn't stand the", "target": "pill"}
    assert one.cluster == again.cluster != other.cluster


def test_a_talk_is_summed_up_or_put_under_one_of_twenty_headers(twins):
    assert first_context("mts_dialog_summary", twins).endswith("\n\nNote:")
    task = builtin_tasks()["mts_dialog_section"]
    document = task.documents(twins)[0]
    assert document.fields["label"] == "family history and social history"
    assert len(task.requests(document, prompt("cf"))) == 20


def test_a_header_that_is_unknown_is_named(tmp_path):
    (tmp_path / "mts_dialog").mkdir()
    row = '{"id": "m", "source": "x", "target": "y", "section": "MOOD"}'
    (tmp_path / "mts_dialog" / "test.jsonl").write_text(row)
    with pytest.raises(DataError, match=r"test\.jsonl:1: section 'MOOD'"):
        builtin_tasks()["mts_dialog_section"].documents(tmp_path)


def test_a_chinese_question_has_its_title_and_no_blank_before_the_answer(twins):
    context = first_context("zh_medical_dialogue", twins, shots=1)
    assert context.endswith("患者：头疼怎么办？\n我头疼一天了。\n医生：")
    assert "医生：头疼" in context


@pytest.mark.parametrize(
    ("name", "context", "tokenizer"),
    [
        ("flores200_en_fr", "from English to French.\nEnglish: She has", "13a"),
        ("flores200_de_en", "from German to English.\nGerman: Sie hustet", "13a"),
        ("flores200_en_ja", "from English to Japanese.\nEnglish: She has", "char"),
        ("flores200_zh_en", "from Chinese to English.\nChinese: 她", "13a"),
        ("tico19_en_fr", "from English to French.\nEnglish: She has", "13a"),
        ("tico19_en_zh", "from English to Chinese.\nEnglish: She has", "zh"),
    ],
)
def test_a_sentence_is_translated_into_the_language_that_the_name_ends_with(
    twins, name, context, tokenizer
):
    assert context in first_context(name, twins)
    assert f"|tok:{tokenizer}|" in builtin_tasks()[name].metrics[0].info.signature


def test_french_sentences_of_one_tico_document_are_one_cluster(twins):
    clusters = {d.cluster for d in builtin_tasks()["tico19_fr_en"].documents(twins)}
    assert clusters == {"tico-CMU_1"}
