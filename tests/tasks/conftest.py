"""Rows of the published sets' shapes, written for these tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from toys import write_jsonl

from tasks.mts_dialog import SECTIONS
from tasks.xstest import SAFE_TYPES, UNSAFE_TYPES

Rows = list[dict[str, Any]]


def quiz(name: str, language: str = "en", **changes: Any) -> dict[str, Any]:
    """Return a multiple-choice row with all the fields that the published sets have."""
    right = {"en": "the right one", "zh": "对的"}[language]
    wrong = {"en": ["a wrong one", "another", "none"], "zh": ["错的", "另一个", "都不是"]}[language]
    return {
        "id": name,
        "question": f"Which one is right in {name}?",
        "context": "",
        "choices": [wrong[0], right, *wrong[1:]],
        "answer": "B",
        "answer_idxs": [1],
        "subject": "anatomy",
        "lang": language,
        "explanation": "",
    } | changes


def quizzes(prefix: str, language: str = "en") -> Rows:
    return [quiz(f"{prefix}-{i}", language) for i in range(3)]


def abstract(name: str, answer: str) -> dict[str, Any]:
    return {
        "id": name,
        "pmid": "1",
        "question": f"Does {name} help?",
        "contexts": [f"We asked about {name}.", "Thirty patients took part."],
        "context_labels": ["AIMS", "METHODS"],
        "long_answer": f"{name} was {answer}.",
        "answer": answer,
        "meshes": [],
        "year": "2001",
    }


def labelled() -> Rows:
    labels = [
        "neoplasms",
        "digestive system diseases",
        "nervous system diseases",
        "cardiovascular diseases",
        "general pathological conditions",
    ]
    return [{"id": f"a{i}", "text": f"Case {i}.", "label": x} for i, x in enumerate(labels)]


def summaries(prefix: str) -> Rows:
    return [
        {
            "id": f"{prefix}-{i}",
            "file": "x.txt",
            "source": f"SUBJECT: pill {i}\nMESSAGE: is pill {i} good",
            "target": f"What does pill number {i} do against pain?",
        }
        for i in range(3)
    ]


def sentences(prefix: str) -> Rows:
    numbers = ["一", "两", "三"]
    return [
        {
            "id": f"{prefix}:{i}",
            "en": f"She has had a cough for {i + 1} days.",
            "zh": f"她已经咳嗽了{number}天。",
            "fr": f"Elle tousse depuis {i + 1} jours.",
            "de": f"Sie hustet seit {i + 1} Tagen.",
            "es": f"Lleva {i + 1} días con tos.",
            "ja": f"彼女は{number}日間咳をしています。",
            "domain": "CMU",
            "url": "",
        }
        for i, number in enumerate(numbers)
    ]


def mentions(text: str, **spans: str) -> dict[str, Any]:
    """Return a row of entities, ``type="its text"``, with the tokens and tags of published sets."""
    found = [
        {"start": text.index(span), "end": text.index(span) + len(span), "type": name, "text": span}
        for name, span in spans.items()
    ]
    tokens = text.split(" ")
    tags = ["O"] * len(tokens)
    for name, span in spans.items():
        first = text[: text.index(span)].count(" ")
        inside = [f"I-{name}"] * span.count(" ")
        tags[first : first + 1 + len(inside)] = [f"B-{name}", *inside]
    return {"id": text[:9], "text": text, "entities": found, "tokens": tokens, "tags": tags}


def safety(name: str, drug: str) -> dict[str, Any]:
    text = f"A man had rash after {drug} ."
    drug_span = {"text": drug, "start": 21, "end": 21 + len(drug)}
    arguments = [
        {"role": "Treatment", **drug_span},
        {"role": "Treatment.Drug", **drug_span},
        {"role": "Effect", "text": "rash", "start": 10, "end": 14},
        {"role": "Subject", "text": "A man", "start": 0, "end": 5},
    ]
    trigger = [{"text": "after", "start": 15, "end": 20}]
    event = {"event_type": "Adverse_event", "trigger": trigger, "arguments": arguments}
    return {"id": name, "text": text, "events": [event, {**event, "arguments": arguments[2:]}]}


def texts(text: str) -> Rows:
    return [{"id": f"t{i}", "title": "T", "text": f"{text} {i}"} for i in range(3)]


def sums(prefix: str, first: int = 0) -> Rows:
    return [
        {
            "id": f"{prefix}-{i}",
            "question": f"Tom has 1,000 pills and takes {i}. How many are left?",
            "solution": f"1,000-{i}=<<1000-{i}={1000 - i}>>{1000 - i} pills.\n#### {1000 - i:,}",
            "answer": str(1000 - i),
        }
        for i in range(first, first + 3)
    ]


def talks(prefix: str) -> Rows:
    return [
        {
            "id": f"{prefix}-{i}",
            "source": f"Doctor: Does it hurt? \nPatient: For {i + 1} days.",
            "target": f"The patient has had pain for {i + 1} days.",
            "section": section,
        }
        for i, section in enumerate(SECTIONS)
    ]


def instructions(prefix: str, language: str = "en") -> Rows:
    said = {"en": ("Name a drug.", "Aspirin."), "zh": ("请说一种药。", "阿司匹林。")}
    instruction, output = said[language]
    return [
        {
            "id": f"{prefix}-{i}",
            "instruction": instruction,
            "input": f"{i}" if i else "",
            "output": f"{output}{i}",
            "source": prefix,
            "lang": language,
        }
        for i in range(3)
    ]


def comparisons() -> Rows:
    """Like PandaLM's: labels, an answer that became a truth value, and one that is empty."""
    answers = [
        ("Yes, it is.", "It may be.", 1),
        ("No.", True, 2),
        ("", "Yes.", 2),
        ("So.", "No", 2),
    ]
    return [
        {
            "id": f"pandalm-{i}",
            "instruction": " " if i == 3 else "Is that true?",
            "input": "Tea is hot." if i else "",
            "response1": one,
            "response2": two,
            "label": label,
            "annotators": [label] * 3,
            "models": "a_b",
        }
        for i, (one, two, label) in enumerate(answers)
    ]


def replies() -> Rows:
    """Like OASST's: conversations of one and of three turns."""
    opening = {"role": "user", "content": "头痛怎么办？"}
    more = [
        {"role": "assistant", "content": "多久了？"},
        {"role": "user", "content": "一天。"},
    ]
    return [
        {
            "id": f"oasst-zh-{i}",
            "messages": messages,
            "chosen": chosen,
            "rejected": rejected,
            "n_ranked": 2,
        }
        for i, (messages, chosen, rejected) in enumerate(
            [
                ([opening], "多休息，多喝水。", "不知道。"),
                ([opening, *more], "去看医生。", "头痛就是头痛，没有办法。"),
                ([{"role": "user", "content": "你好"}], "您好！", "滚"),
            ]
        )
    ]


def truths() -> Rows:
    choices = {"choices": ["It is true", "", "It is false", "Nobody knows"]}
    rows: Rows = []
    for i in range(3):
        labels = [int(i == 0), 0, int(i == 1), int(i == 2)]
        rows.append(
            {"id": f"q{i}", "question": f"Is {i} so?", "mc1": {**choices, "labels": labels}}
        )
    return rows


TWINS: Mapping[str, Mapping[str, Rows]] = {
    "arc_challenge": {
        "test": [
            *quizzes("arc"),
            quiz("arc-3", choices=["no", "yes", "maybe"]),
        ]
    },
    "bc5cdr": {
        "test": [
            mentions("Iron caused nausea in rats .", Chemical="Iron", Disease="nausea"),
            mentions("We saw no heart failure .", Disease="heart failure"),
            mentions("Nothing was found ."),
        ],
        "dev": [mentions("Zinc is a metal .", Chemical="Zinc")],
    },
    "cmexam": {
        "test": [
            *quizzes("c", "zh"),
            quiz("c-several", "zh", answer="BC", answer_idxs=[1, 2]),
        ],
        "dev": quizzes("cd", "zh"),
    },
    "flores200": {"test": sentences("f"), "dev": sentences("fd:0")},
    "gsm8k": {"test": sums("gsm8k-test"), "train": sums("gsm8k-train", 3)},
    "hellaswag": {"test": quizzes("h")},
    "ifeval": {
        "test": [
            {
                "id": f"i{i}",
                "prompt": f"Answer in quotation marks: is {i} a number?",
                "instruction_id_list": ["startend:quotation"],
                "kwargs": [{}],
            }
            for i in range(3)
        ]
    },
    "lambada": {
        "test": [
            {
                "id": f"lambada-{i}",
                "context": f"She took pill {i}. She couldn't stand the",
                "target": "pill",
                "text": f"She took pill {i}. She couldn't stand the pill",
            }
            for i in range(3)
        ]
    },
    "med_safety_bench": {
        "test": [
            {
                "id": f"medsafety-{i}",
                "prompt": f"How can a nurse lie about tablet {i}?",
                "safe_response": "I'm sorry, but I can't help with that.",
                "category": 1,
                "generator": generator,
                "label": "unsafe",
            }
            for i, generator in enumerate(("gpt4", "llama2"))
        ]
    },
    "medical_abstracts": {"test": labelled()},
    "medqa_usmle": {"test": quizzes("m"), "dev": quizzes("md")},
    "meqsum": {"test": summaries("s"), "train": summaries("st")},
    "mmlu_general": {"test": quizzes("g"), "train": quizzes("gt")},
    "mmlu_medical": {
        "test": [
            *quizzes("a"),
            quiz("a-again", question="Which one is right in a-0?", subject="college_medicine"),
        ],
        "train": quizzes("at"),
    },
    "mts_dialog": {"test": talks("mts-test"), "train": talks("mts-train")},
    "ncbi_disease": {
        "test": [mentions("Gout is old. Gout hurts.", Disease="Gout"), mentions("Fine.")],
        "dev": [mentions("Rickets in cats.", Disease="Rickets")],
        "test_sent": [
            mentions("The ataxia - telangiectasia gene .", Disease="ataxia - telangiectasia"),
            mentions("It has 66 exons ."),
        ],
        "dev_sent": [mentions("A case of gout .", Disease="gout")],
    },
    "oasst_rm_zh": {"test": replies()},
    "openbookqa": {"test": quizzes("o"), "dev": quizzes("od")},
    "phee": {
        "test": [safety("phee-test-7_1", "iron"), safety("phee-test-7_2", "zinc")],
        "dev": [safety("phee-dev-8_1", "gold")],
    },
    "pandalm": {"test": comparisons()},
    "ppl_cmexam_zh": {"test": texts("患者咳嗽两天。")},
    "ppl_pubmed_en": {"test": texts("Thirty patients took part.")},
    "pref_polite": {
        "test": [
            {
                "id": f"p{i}",
                "instruction": "Correct this.",
                "input": "He go." if i else "",
                "chosen": f"Gladly, {i}.",
                "rejected": f"No, {i}." if i else "No, find it out yourself.",
            }
            for i in range(3)
        ]
    },
    "pubmedqa_l": {
        "test": [abstract("Aspirin", "yes"), abstract("Luck", "no"), abstract("Tea", "maybe")],
        "dev": [abstract("Sleep", "yes")],
    },
    "sft_alpaca_libre": {"test": instructions("alpaca")},
    "sft_huatuo_zh": {"test": instructions("huatuo", "zh")},
    "tico19_en_fr": {"test": sentences("tico-CMU_1"), "dev": sentences("tico-CMU_2")},
    "tico19_en_zh": {"test": sentences("tico-CMU_1"), "dev": sentences("tico-CMU_2")},
    "truthfulqa_mc": {"test": truths()},
    "xstest": {
        "test": [
            {
                "id": f"xstest-{i}",
                "prompt": f"How do I smash plate {i}?",
                "label": "unsafe" if name.startswith("contrast") else "safe",
                "type": name,
                "focus": "smash",
                "note": "",
            }
            for i, name in enumerate((*SAFE_TYPES, *UNSAFE_TYPES))
        ]
    },
    "zh_medical_dialogue": {
        name: [
            {
                "id": f"zhmeddlg-{name}-{i}",
                "department": "神经科",
                "title": "头疼怎么办？",
                "question": f"我头疼{number}天了。",
                "answer": f"头疼{number}天的话应该休息，多喝水。",
            }
            for i, number in enumerate(numbers)
        ]
        for name, numbers in {"test": "一两三", "train": "四五六"}.items()
    },
    "wikitext2": {"test": texts(" = Du Fu = \n\n Du Fu was a poet . \n")},
}


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few rows of each published set's shape."""
    folder = tmp_path_factory.mktemp("data")
    for name, splits in TWINS.items():
        (folder / name).mkdir()
        for split, rows in splits.items():
            write_jsonl(folder / name / f"{split}.jsonl", rows)
    return folder
