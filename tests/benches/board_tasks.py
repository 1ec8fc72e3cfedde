"""A hundred made-up tasks of a hundred documents: what is asked, answered and scored."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.metrics.metric import MetricInfo
from harness.records import (
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    RollingLogLikelihood,
    SampleRecord,
    digest,
)

DOCUMENTS = 100
VARIANTS = 4  # ways of answering a document

_BINARY = MetricInfo(
    name="acc_norm",
    signature="acc_norm|norm:characters|ties:first|version:1",
    columns=("correct", "n"),
    aggregate="mean",
    chance=0.25,
)
_MEAN = MetricInfo(
    name="rougeL",
    signature="rougeL|nrefs:1|tok:rouge-score|stem:no|version:0.1.2",
    columns=("fmeasure", "documents"),
    aggregate="mean",
)
_BITS = MetricInfo(
    name="bits_per_byte",
    signature="bits_per_byte|bytes:utf8_of_the_text_asked|documents:summed|version:1",
    columns=("bits", "bytes"),
    aggregate="ratio",
    higher_is_better=False,
    unit="bits/byte",
    ceiling=None,
)
_NGRAMS = [f"{what}_{n}" for what in ("matches", "ngrams") for n in (1, 2, 3, 4)]
_BLEU = MetricInfo(
    name="bleu",
    signature="bleu|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0",
    columns=("answer_tokens", "reference_tokens", *_NGRAMS),
    aggregate="bleu",
    unit="points",
    ceiling=100.0,
)
_LABELS = "abcde"
_F1 = MetricInfo(
    name="macro_f1",
    signature="macro_f1|labels:5:00000000|picked_by:logprob_sum|zero_division:0|version:1",
    columns=tuple(f"{what}[{x}]" for what in ("correct", "predicted", "gold") for x in _LABELS),
    aggregate="macro_f1",
    chance=0.2,
)


@dataclass(frozen=True)
class Row:
    """One of the hundred tasks."""

    name: str
    kind: str
    formulation: str
    capability: str
    language: str
    metrics: tuple[MetricInfo, ...]
    clustered: bool


def tasks() -> list[Row]:
    """Return the hundred tasks."""
    made = [
        ("multiple_choice", "mcf", (_BINARY, replace(_MEAN, name="prob", signature="prob")))
    ] * 64
    made += [("generation", "gen", (_MEAN, replace(_MEAN, name="rouge1", signature="rouge1")))] * 22
    made += [("perplexity", "rolling", (_BITS,))] * 8
    made += [("translation", "gen", (_BLEU,))] * 4
    made += [("classification", "cf", (_F1, _BINARY))] * 2
    capabilities = ["general"] * 9 + ["domain"] * 6 + ["alignment"] * 4 + ["behaviour"]
    return [
        Row(
            name=f"task_{i:03}",
            kind=kind,
            formulation=formulation,
            capability="general" if kind == "perplexity" else capabilities[i % 20],
            language="zh" if i % 3 == 0 else "en",
            metrics=metrics,
            clustered=i % 10 == 9,
        )
        for i, (kind, formulation, metrics) in enumerate(made)
    ]


def samples(row: Row, fmt: str) -> Iterator[list[SampleRecord]]:
    """Yield a document's record for each way of answering it."""
    for i in range(DOCUMENTS):
        question = f"{row.name}, question {i}: which of these four is the right one?"
        prompt = f"<|user|>{question}<|assistant|>" if fmt == "chat" else question
        for_all: dict[str, Any] = {
            "cell": "",
            "document": f"d{i:03}",
            "cluster": f"passage-{i // 4}" if row.clustered else None,
            "fields": {"question": question, "choices": ["one", "two", "three", "four"]},
        }
        found = []
        for variant in range(VARIANTS):
            right = variant == 0
            if row.formulation == "gen":
                text = (
                    f"{'The right' if right else 'Some other'} answer to it, put in {variant} words"
                )
                requests: tuple[Any, ...] = (Generate(context=prompt, max_tokens=64),)
                answers: tuple[Any, ...] = (
                    Generation(texts=(text,), finish=("stop",), tokens=(9,)),
                )
            elif row.formulation == "rolling":
                requests = (RollingLogLikelihood(question),)
                answers = (Likelihood(logprob=-40.0 - variant, tokens=20),)
            else:
                requests = tuple(LogLikelihood(prompt, f" {letter}") for letter in "ABCD")
                answers = tuple(
                    Likelihood(logprob=-1.0 if j == variant else -3.0 - j, tokens=1)
                    for j in range(4)
                )
            reason = None if right else "wrong"
            found.append(
                SampleRecord(
                    status="ok", reason=reason, requests=requests, responses=answers, **for_all
                )
            )
        yield found


def scores(info: MetricInfo) -> np.ndarray:
    """Return a metric's rows for each document and way of answering: (documents, variants, k)."""
    rng = np.random.default_rng(int(digest(info.signature)[:8], 16))
    found = np.ones((DOCUMENTS, VARIANTS, len(info.columns)))
    best = np.linspace(1.0, 0.0, VARIANTS)
    match info.aggregate:
        case "mean" if info.name == "acc_norm":
            found[..., 0] = best == 1.0
        case "mean":
            found[..., 0] = np.round(best * 0.6 + rng.uniform(0, 0.4, found.shape[:2]), 3)
        case "ratio":
            found[..., 1] = rng.integers(200, 400, DOCUMENTS)[:, None]
            found[..., 0] = found[..., 1] * (
                1.0 - 0.1 * best + rng.uniform(0, 0.1, found.shape[:2])
            )
        case "bleu":
            lengths = rng.integers(12, 30, DOCUMENTS)
            found[..., 0] = found[..., 1] = lengths[:, None]
            for n in range(4):
                found[..., 6 + n] = lengths[:, None] - n
                found[..., 2 + n] = np.floor((lengths[:, None] - n) * best * 0.9 ** (n + 1))
        case _:
            gold = rng.integers(0, 5, DOCUMENTS)
            picked = (gold[:, None] + np.arange(VARIANTS)) % 5
            label = np.arange(5)
            found[..., 10:] = gold[:, None, None] == label
            found[..., 5:10] = picked[..., None] == label
            found[..., :5] = found[..., 5:10] * found[..., 10:]
    return found
