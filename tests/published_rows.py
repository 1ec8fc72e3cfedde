"""Rows of the published sets' shapes, written for the tests."""

from typing import Any

from tasks.mts_dialog import SECTIONS

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
