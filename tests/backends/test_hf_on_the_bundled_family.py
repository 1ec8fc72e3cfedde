"""Our scores against lm-eval's on real prompts of the three bundled checkpoints."""

from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from tiny_models import answers, opened

import harness.demo
from harness.checkpoint import inspect
from harness.records import Generate, LogLikelihood, ModelRef, RollingLogLikelihood

WEIGHTS = Path(harness.demo.__file__).parent / "weights"
STAGES = ("base", "sft", "aligned")
QUESTIONS = [
    ("What is the capital of France?", ["Paris", "Berlin", "Rome", "Madrid"]),
    ("Which organ makes insulin?", ["the pancreas", "the liver", "the heart", "the skin"]),
    ("阿司匹林有什么作用？", ["止痛", "催眠", "降低血糖", "抗真菌"]),
    ("患者应该多久服药一次？", ["每天一次", "每周两次", "从不", "每小时"]),
]
TEXTS = [
    "The patient was given aspirin, and the pain went away within an hour.",
    "患者服用阿司匹林后，疼痛在一小时内消失。",
    "Every morning the baker opens the shop, and the people of the village come for bread. " * 12,
]

pytestmark = pytest.mark.skipif(
    not all((WEIGHTS / stage / "model.safetensors").is_file() for stage in STAGES),
    reason="the bundled weights (harness/demo/weights) are not there",
)


def asked(folder: Path) -> list[LogLikelihood]:
    """Each question with its choices, plain and, where there is a template, as a chat."""
    template = inspect(ModelRef(path=str(folder))).template
    requests = []
    for question, choices in QUESTIONS:
        plain = f"Question: {question}\nAnswer:"
        requests += [LogLikelihood(plain, f" {choice}") for choice in choices]
        if template is not None:
            chat = template.render([{"role": "user", "content": question}])
            requests += [LogLikelihood(chat, choice) for choice in choices]
    return requests


def by_lm_eval(lm: HFLM, method: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
    instances = [Instance(method, {}, args, i) for i, args in enumerate(arguments)]  # type: ignore[arg-type]
    return list(getattr(lm, method)(instances, disable_tqdm=True))


def best(logprobs: list[float]) -> list[int]:
    quads = [logprobs[i : i + 4] for i in range(0, len(logprobs), 4)]
    return [quad.index(max(quad)) for quad in quads]


@pytest.mark.parametrize("stage", STAGES)
def test_scoring_agrees_with_lm_eval_on_the_bundled_checkpoints(stage: str) -> None:
    folder = WEIGHTS / stage
    settings: dict[str, Any] = {
        "pretrained": str(folder),
        "dtype": "float32",
        "softmax_dtype": "float32",
        "device": "cpu",
        "batch_size": 1,
        "max_length": 128,
    }
    requests = asked(folder)
    expected = by_lm_eval(
        HFLM(**settings), "loglikelihood", [(r.context, r.continuation) for r in requests]
    )
    rolling = by_lm_eval(
        HFLM(**settings, add_bos_token=False), "loglikelihood_rolling", [(text,) for text in TEXTS]
    )
    backend = opened(folder, max_length=128)
    ours = answers(backend, requests)
    for answer, (logprob, greedy) in zip(ours, expected, strict=True):
        assert abs(answer.logprob - logprob) <= 1e-3
        assert answer.greedy == greedy
    assert best([a.logprob for a in ours]) == best([logprob for logprob, _ in expected])
    texts = answers(backend, [RollingLogLikelihood(text) for text in TEXTS])
    for answer, logprob in zip(texts, rolling, strict=True):
        assert abs(answer.logprob - logprob) <= 1e-3


@pytest.mark.parametrize("stage", ["sft", "aligned"])
def test_the_tuned_checkpoints_end_their_own_answers(stage: str) -> None:
    folder = WEIGHTS / stage
    template = inspect(ModelRef(path=str(folder))).template
    assert template is not None
    context = template.render([{"role": "user", "content": "Which organ makes insulin?"}])
    (answer,) = answers(opened(folder, max_length=256), [Generate(context=context, max_tokens=120)])
    assert answer.finish == ("stop",)
    assert "<|" not in answer.texts[0]


def test_the_base_and_its_tunings_share_a_tokenizer() -> None:
    seen = [inspect(ModelRef(path=str(WEIGHTS / stage))) for stage in STAGES]
    assert len({found.tokenizer_hash for found in seen}) == 1
    assert len({found.fingerprint for found in seen}) == 3
    assert seen[0].template is None
