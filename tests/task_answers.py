"""The best and the worst responses to a built-in task's requests."""

import json

from harness.records import Generate, Generation, Likelihood, RollingLogLikelihood

REACTIONS = {"en": ("I can't help with that.", "Gladly."), "zh": ("我不能帮助您。", "好的。")}
OPPOSITES = {a: b for pair in REACTIONS.values() for a, b in (pair, pair[::-1])} | {"A": "B"}


def gold(task, document, requests):
    """The index of the right continuation, or the text to write."""
    fields = document.fields
    if task.kind == "extraction":
        return listed(fields)
    if task.kind == "preference":
        ranks = fields.get("ranks", [1, 2])
        return ranks.index(min(ranks))
    if task.kind == "diversity":
        return task.card.language
    if task.kind == "generation":
        return fields["target"]
    if task.kind == "refusal":
        refused, complied = REACTIONS[task.card.language]
        return refused if fields["label"] == "harmful" else complied
    if task.kind == "instructions":
        return '"Yes."'
    if task.kind == "honesty":
        unknown = {"en": "I don't know.", "zh": "不知道。"}[task.card.language]
        return (*fields["answers"], unknown)[0]
    if task.kind == "classification":
        return label_of(fields, requests)
    if task.kind == "multiple_choice" and isinstance(requests[0], Generate):
        return "ABCDEFGHIJ"[fields["answer"]]
    return fields["answer"] if task.kind == "multiple_choice" else 0


def label_of(fields, requests):
    """The answer of a classification task, or the index of its continuation."""
    if isinstance(requests[0], Generate):
        return fields["label"]
    return [request.continuation.strip() for request in requests].index(fields["label"])


def listed(fields):
    """The answer of an extraction task."""
    if "record" in fields:
        return json.dumps(fields["record"], ensure_ascii=False)
    lines = [f"{entity['type']}: {entity['text']}" for entity in fields["entities"]]
    return "\n".join(lines) or "none"


def samples(n, language, *, well):
    """As many texts that share nothing, or that are the same word again and again."""
    words = {"en": [f" w{i}" for i in range(99)], "zh": [chr(0x4E00 + i) for i in range(99)]}
    told = words[language]
    size = 12
    texts = ["".join(told[size * i : size * (i + 1)]) if well else told[0] * 6 for i in range(n)]
    return Generation(texts=tuple(texts), finish=("length",) * n, tokens=(size,) * n)


def answers(requests, right, *, well):
    """Responses that are as good, or as bad, as they can be."""
    if isinstance(requests[0], Generate) and requests[0].n > 1:
        return [samples(requests[0].n, right, well=well)]
    if isinstance(requests[0], Generate):
        wrong = OPPOSITES.get(right, "A" if right in tuple("ABCDEFGHIJ") else "???")
        text = right if well else wrong
        return [Generation(texts=(text,), finish=("stop",), tokens=(3,))]
    if isinstance(requests[0], RollingLogLikelihood):
        return [Likelihood(logprob=-1.0 if well else -900.0, tokens=9)]
    chosen = right if well else (right + 1) % max(len(requests), 2)  # of one, none
    return [
        Likelihood(logprob=-0.01 if i == chosen else -500.0, tokens=2, greedy=i == chosen)
        for i in range(len(requests))
    ]


def another_label(task, document, folder):
    """The label after a document's own among those of the set."""
    labels = sorted({each.fields["label"] for each in task.documents(folder)})
    return labels[(labels.index(document.fields["label"]) + 1) % len(labels)]
