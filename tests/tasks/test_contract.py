"""What every built-in task promises, whatever its kind."""

import numpy as np
import pytest
from task_answers import another_label, answers, gold

from harness.records import (
    REASONS,
    Failure,
    Generation,
    LogLikelihood,
    RollingLogLikelihood,
    pack,
    unpack,
)
from harness.registry import builtin_tasks
from harness.stats.bootstrap import value_of
from harness.task import Prompt

TASKS = builtin_tasks()
BUNDLED = {
    *(f"perplexity_{domain}_{x}" for domain in ("general", "medical") for x in ("en", "zh")),
    *(
        f"{name}_{x}"
        for name in (
            "diversity",
            "entities",
            "honesty",
            "medical_facts",
            "medical_qa",
            "note_record",
            "note_summary",
            "preference",
            "refusal",
            "specialty",
        )
        for x in ("en", "zh")
    ),
    "translation_en_zh",
    "translation_zh_en",
}
PUBLISHED = {  # name: documents of the set's shape in ../shared/data
    "answers_alpaca_libre": 100,
    "answers_huatuo_zh": 300,
    "arc_challenge": 1172 - 8,
    "bc5cdr": 4797,
    **{
        f"flores200_{pair}": 1012
        for other in ("zh", "fr", "de", "es", "ja")
        for pair in (f"en_{other}", f"{other}_en")
    },
    "gsm8k": 1319,
    "hellaswag": 2000 - 8,
    "ifeval": 541,
    "ifeval_offline": 477,
    "lambada": 5153,
    "med_safety_bench": 900,
    "medical_abstracts": 1000 - 8,
    "medical_qa_cmexam": 2000 - 61,
    "medical_qa_usmle": 1273,
    "meqsum": 500,
    "mmlu_general": 1920,
    "mmlu_medical": 1784,
    "mts_dialog_section": 200,
    "mts_dialog_summary": 200,
    "ncbi_disease": 940,
    "ncbi_disease_abstracts": 100,
    "openbookqa": 500,
    "perplexity_cmexam_zh": 800,
    "perplexity_pubmed_en": 500,
    "perplexity_wikitext": 62,
    "perplexity_wikitext_short": 62,
    "phee": 968,
    "preference_oasst_zh": 300,
    "preference_pandalm": 999 - 54,
    "preference_polite": 200,
    "pubmedqa": 500,
    "tico19_en_fr": 1136,
    "tico19_en_zh": 1136,
    "tico19_fr_en": 1136,
    "tico19_zh_en": 1136,
    "truthfulqa_mc1": 790 - 8,
    "xstest": 450,
    "zh_medical_dialogue": 500,
}
VARIANTS = [
    pytest.param(task, formulation, format_, id=f"{task.name}-{formulation}-{format_}")
    for task in TASKS.values()
    for formulation in task.formulations
    for format_ in task.formats
]


class Template:
    hash = "toy"

    def render(self, messages):
        return "".join(f"<{m['role']}>{m['content']}</s>" for m in messages) + "<assistant>"


def prompt_of(task, formulation, format_, folder):
    examples = tuple(task.examples(folder)[:2])
    template = Template() if format_ == "chat" else None
    return Prompt(formulation=formulation, format=format_, examples=examples, template=template)


def values(task, formulation, outcomes):
    """Each metric's value over all outcomes."""
    found = {}
    for metric in task.metrics_of(formulation):
        rows = np.array([metric.statistics(o) for o in outcomes], dtype=float)
        assert rows.shape == (len(outcomes), len(metric.info.columns))
        found[metric.info.name] = value_of(metric.info, rows)
    return found


def outcomes_of(task, formulation, prompt, folder, *, well):
    for document in task.documents(folder):
        requests = task.requests(document, prompt)
        right = gold(task, document, requests)
        if task.kind == "honesty" and not well:
            right, well_said = "13579", True  # an answer, which no document accepts
        elif task.kind == "classification" and formulation == "gen" and not well:
            right, well_said = another_label(task, document, folder), True
        elif task.name == "gsm8k" and not well:
            right, well_said = "#### -99", True  # a number, but the wrong one
        else:
            well_said = well
        responses = answers(requests, right, well=well_said)
        score = task.score(document, responses, formulation)
        unread = task.kind == "extraction" and not well
        over_refused = task.kind == "refusal" and not well and document.fields["label"] == "benign"
        assert score.status == ("no_answer" if unread else "refusal" if over_refused else "ok")
        assert (score.reason is None) == (well or task.kind in {"perplexity", "diversity"})
        assert score.reason is None or score.reason.split(":")[0] in REASONS
        yield score.outcome


def test_the_built_in_tasks_are_these():
    assert set(TASKS) == BUNDLED | set(PUBLISHED)


@pytest.mark.parametrize(("task", "formulation", "format_"), VARIANTS)
def test_every_document_is_asked_and_the_examples_are_shown(task, formulation, format_, twins):
    prompt = prompt_of(task, formulation, format_, twins)
    shown = {example.hash for example in prompt.examples}
    for document in task.documents(twins):
        assert document.hash not in shown
        requests = task.requests(document, prompt)
        assert [unpack(pack(request)) for request in requests] == list(requests)
        for request in requests:
            if isinstance(request, RollingLogLikelihood):
                continue
            assert request.context.endswith("<assistant>") == (format_ == "chat")
            if isinstance(request, LogLikelihood):
                assert request.continuation.strip()
            asked = document.fields.get("prompt")
            turns = 2 * len(prompt.examples) + (len(asked) + 1 if isinstance(asked, list) else 2)
            if format_ == "chat":
                assert (
                    request.context.count("<user>") + request.context.count("<assistant>") == turns
                )


@pytest.mark.parametrize(("task", "formulation", "format_"), VARIANTS)
def test_the_best_response_scores_the_ceiling_and_a_wrong_one_less(
    task, formulation, format_, twins
):
    prompt = prompt_of(task, formulation, format_, twins)
    best, worst = (
        values(task, formulation, list(outcomes_of(task, formulation, prompt, twins, well=well)))
        for well in (True, False)
    )
    for metric in task.metrics_of(formulation):
        name, ceiling = metric.info.name, metric.info.ceiling
        if ceiling is not None:
            assert best[name] == pytest.approx(ceiling), name
        if not name.endswith("extracted") or "_if_" in name:  # a wrong answer can be read, too
            assert (worst[name] < best[name]) == metric.info.higher_is_better, name
        assert np.isfinite([best[name], worst[name]]).all()


@pytest.mark.parametrize(("task", "formulation", "format_"), VARIANTS)
def test_nothing_as_an_answer_is_a_record_with_a_reason(task, formulation, format_, twins):
    prompt = prompt_of(task, formulation, format_, twins)
    document = task.documents(twins)[0]
    requests = task.requests(document, prompt)
    failed = task.score(document, [Failure("out of memory")] * len(requests), formulation)
    assert (failed.status, failed.outcome, failed.reason) == ("error", None, "out of memory")
    if task.kind in {"extraction", "generation"}:
        silent = [Generation(texts=("",), finish=("stop",), tokens=(1,))]
        score = task.score(document, silent, formulation)
        assert score.status == "empty"
        assert score.reason
        found = values(task, formulation, [score.outcome])
        # nothing was extracted, so there is no accuracy among what was
        assert {v for name, v in found.items() if "_if_" not in name} == {0.0}
    if task.kind in {"multiple_choice", "classification"} and formulation == "gen":
        silent = [Generation(texts=(" ",), finish=("stop",), tokens=(1,))]
        score = task.score(document, silent, formulation)
        assert (score.status, score.reason) == ("empty", "empty")
        found = values(task, formulation, [score.outcome])
        accuracy = "acc" if task.kind == "multiple_choice" else "accuracy"
        assert (found[accuracy], found["extracted"]) == (0.0, 0.0)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_card_says_whose_documents_they_are(task):
    assert task.card.licence
    assert (task.name in BUNDLED) == (task.card.source == "written for this project")
    assert task.card.capability in {"general", "domain", "alignment", "behaviour"}


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_a_bundled_task_needs_no_data_folder(name):
    task = TASKS[name]
    assert len(task.documents(None)) >= (30 if task.kind == "diversity" else 50)
    asked_with_shots = task.kind in {
        "classification",
        "extraction",
        "generation",
        "multiple_choice",
        "honesty",
    }
    assert len(task.examples(None)) == (8 if asked_with_shots else 0)


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_a_published_set_loads_whole_and_is_asked(name, count, shared):
    task = TASKS[name]
    folder = shared / "data"
    documents = task.documents(folder)
    assert len(documents) == count
    for formulation in task.formulations:
        for format_ in task.formats:
            prompt = prompt_of(task, formulation, format_, folder)
            assert all(task.requests(document, prompt) for document in documents[:20])
