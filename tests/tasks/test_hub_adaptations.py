"""Rows of the published sets' hub copies become the rows that a kind reads."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest

import tasks


@pytest.fixture
def from_hub(monkeypatch):
    """Return a function from a task file and the rows of a fake hub to the file's tasks by name.

    The file is loaded afresh: tasks remember the documents that they have read.
    """

    def load(file, **hub):
        wanted = {tuple(key.split("|")): rows for key, rows in hub.items()}

        def load_dataset(name, config, split):
            return wanted[(name, config or "", split)]

        monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
        [folder] = tasks.__path__
        specification = importlib.util.spec_from_file_location(
            f"fresh_{file}", f"{folder}/{file}.py"
        )
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        found = getattr(module, "TASKS", None) or (module.TASK,)
        return {task.name: task for task in found}

    return load


def test_medqa_from_the_hub(from_hub):
    row = {
        "question": "Which drug?",
        "answer": "Cefepime",
        "options": {"A": "Aspirin", "B": "Cefepime", "C": "Iron", "D": "None"},
        "meta_info": "step1",
        "answer_idx": "B",
        "metamap_phrases": [],
    }
    hub = {
        "GBaker/MedQA-USMLE-4-options||test": [row],
        "GBaker/MedQA-USMLE-4-options||train": [{**row, "question": "And now?"}],
    }
    task = from_hub("medqa_usmle", **hub)["medical_qa_usmle"]
    [document] = task.documents(None)
    assert document.fields == {
        "question": "Which drug?",
        "choices": ["Aspirin", "Cefepime", "Iron", "None"],
        "answer": 1,
        "subject": "step1",
    }
    assert [e.fields["question"] for e in task.examples(None)] == ["And now?"]


def test_mmlu_from_the_hub_is_divided_by_subject(from_hub):
    def row(subject):
        return {"question": subject, "subject": subject, "choices": ["a", "b"], "answer": 1}

    rows = [row("anatomy"), row("law"), row("virology")]
    found = from_hub("mmlu", **{"cais/mmlu|all|test": rows, "cais/mmlu|all|dev": rows[:2]})
    medical = found["mmlu_medical"].documents(None)
    assert [d.fields["subject"] for d in medical] == ["anatomy", "virology"]
    assert [d.fields["subject"] for d in found["mmlu_general"].documents(None)] == ["law"]
    assert all(d.fields["answer"] == 1 for d in medical)


@pytest.mark.parametrize("labels", ["ABC", "123"])
def test_arc_from_the_hub_has_letters_or_numbers(from_hub, labels):
    row = {
        "id": "M_1",
        "question": "Why?",
        "choices": {"text": ["x", "y", "z"], "label": list(labels)},
        "answerKey": labels[2],
    }
    task = from_hub("arc_challenge", **{"allenai/ai2_arc|ARC-Challenge|test": [row]})
    [document] = task["arc_challenge"].documents(None)
    assert document.id == "arc-c-M_1"
    assert (document.fields["choices"], document.fields["answer"]) == (["x", "y", "z"], 2)


def test_openbookqa_from_the_hub(from_hub):
    row = {
        "id": "8-343",
        "question_stem": "Fog is likely around",
        "choices": {"text": ["a marsh", "a desert"], "label": ["A", "B"]},
        "answerKey": "A",
    }
    hub = {"allenai/openbookqa|main|test": [row], "allenai/openbookqa|main|validation": [row]}
    [document] = from_hub("openbookqa", **hub)["openbookqa"].documents(None)
    assert document.fields == {
        "question": "Fog is likely around",
        "choices": ["a marsh", "a desert"],
        "answer": 0,
    }


def test_hellaswag_from_the_hub_loses_its_marks(from_hub):
    row = {
        "ind": 24,
        "activity_label": "Washing face",
        "ctx_a": "",
        "ctx_b": "",
        "ctx": "Wash. [header] How [title] Rinse it. [step] Then you",
        "endings": ["stop. [substeps] Dry it.", "go."],
        "label": "1",
    }
    [document] = from_hub("hellaswag", **{"Rowan/hellaswag||validation": [row]})[
        "hellaswag"
    ].documents(None)
    assert document.fields == {
        "question": "Washing face: Wash. How. Rinse it. Then you",
        "choices": ["stop. Dry it.", "go."],
        "answer": 1,
    }


def test_medical_abstracts_from_the_hub_have_numbers_from_one(from_hub):
    rows = [
        {"condition_label": 1, "medical_abstract": "Tumour."},
        {"condition_label": 5, "medical_abstract": "Fever."},
    ]
    found = from_hub("medical_abstracts", **{"TimSchopf/medical_abstracts||test": rows})
    documents = found["medical_abstracts"].documents(None)
    assert [d.fields["label"] for d in documents] == [
        "neoplasms",
        "general pathological conditions",
    ]


def test_pubmedqa_from_the_hub_is_halved(from_hub):
    row = {
        "pubid": 7,
        "question": "Does it?",
        "context": {"contexts": ["One.", "Two."], "labels": [], "meshes": []},
        "long_answer": "It does.",
        "final_decision": "yes",
    }
    hub = {
        "qiaojin/PubMedQA|pqa_labeled|train[500:]": [row],
        "qiaojin/PubMedQA|pqa_labeled|train[:500]": [{**row, "pubid": 8, "question": "Is it?"}],
    }
    found = from_hub("pubmedqa", **hub)
    [document] = found["pubmedqa"].documents(None)
    assert document.id == "pubmedqa-7"
    assert document.fields["context"] == "Abstract: One.\nTwo."
    assert [e.id for e in found["pubmedqa"].examples(None)] == ["pubmedqa-8"]
    [text] = found["perplexity_pubmed_en"].documents(None)
    assert text.fields["text"] == "One.\nTwo.\nIt does."


def test_wikitext_from_the_hub_is_a_page_a_row(from_hub):
    hub = {"EleutherAI/wikitext_document_level|wikitext-2-raw-v1|test": [{"page": " = X = \n"}]}
    [document] = from_hub("wikitext2", **hub)["perplexity_wikitext"].documents(None)
    assert document.fields == {"text": " = X = \n"}


def test_truthfulqa_from_the_hub_does_not_begin_with_the_truth(from_hub):
    choices = ["true", "false one", "false two", "false three"]
    rows = [
        {
            "question": f"Q{i}?",
            "mc1_targets": {"choices": [f"{c} {i}" for c in choices], "labels": [1, 0, 0, 0]},
        }
        for i in range(20)
    ]
    hub = {"truthfulqa/truthful_qa|multiple_choice|validation": rows}
    documents = from_hub("truthfulqa", **hub)["truthfulqa_mc1"].documents(None)
    assert all(d.fields["choices"][d.fields["answer"]].startswith("true") for d in documents)
    assert len({d.fields["answer"] for d in documents}) > 1
