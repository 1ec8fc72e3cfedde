"""KL between two models against what torch makes of their whole logits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import save, spec_for, tiny_llama, tiny_model, tiny_tokenizer
from torch.nn.functional import kl_div, log_softmax

import harness.demo
from harness.backends.divergence import Loaded, Pair, Sums, load, open_encoder, windows
from harness.backends.encoding import Span
from harness.checkpoint import inspect
from harness.records import Failure, LogLikelihood, ModelRef, RollingLogLikelihood

WEIGHTS = Path(harness.demo.__file__).parent / "weights"
STAGES = ("base", "sft", "aligned")
TEXTS = [
    "The patient was given aspirin, and the pain went away within an hour.",
    "患者服用阿司匹林后，疼痛在一小时内消失。",
    "Every morning the baker opens the shop, and the people of the village come for bread. " * 12,
]
TOKENIZER = tiny_tokenizer(bos=False)
WORDS = len(TOKENIZER)


def span(length: int, start: int, seed: int) -> Span:
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, WORDS, (length,), generator=draw).tolist()
    return Span(tuple(tokens), start)


SPANS = [span(40, 1, 1), span(9, 5, 2), span(64, 20, 3), span(9, 8, 4), span(31, 1, 5)]


def by_torch(ours: Any, theirs: Any, spans: Sequence[Span]) -> list[Sums]:
    """Each span alone, from the models' own logits, summed in float64."""
    found = []
    for one in spans:
        fed = torch.tensor([one.fed])
        with torch.inference_mode():
            p, q = (
                log_softmax(m(fed).logits[0, one.start - 1 :].double(), -1) for m in (ours, theirs)
            )
        forward = kl_div(q, p, log_target=True, reduction="sum").item()
        reverse = kl_div(p, q, log_target=True, reduction="sum").item()
        variation = ((p.exp() - q.exp()).abs().sum() / 2).item()
        found.append(Sums(len(one.scored), forward, reverse, variation))
    return found


def measured(ours: Any, theirs: Any, batch_size: int = 4, at_once: int | None = None) -> list[Sums]:
    pair = Pair(Loaded(ours, 64), Loaded(theirs, 64), batch_size, at_once)
    found = pair.measure(SPANS)
    assert all(isinstance(each, Sums) for each in found)
    return [each for each in found if isinstance(each, Sums)]


def assert_close(found: Sequence[Sums], expected: Sequence[Sums]) -> None:
    assert [each.tokens for each in found] == [each.tokens for each in expected]
    for one, other in zip(found, expected, strict=True):
        for name in ("forward", "reverse", "variation"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    "kind", ["llama", "gemma2", "gpt_bigcode", "granite", "bloom", "mamba", "llama, dynamic"]
)
def test_sums_are_those_of_torch_for_heads_of_all_kinds(kind: str) -> None:
    ours, theirs = (tiny_model(kind, TOKENIZER, seed) for seed in (0, 1))
    found = measured(ours, theirs)
    assert_close(found, by_torch(ours, theirs, SPANS))
    assert all(each.forward > 0.01 * each.tokens for each in found)


def test_reverse_is_forward_the_other_way_round_and_another_number() -> None:
    ours, theirs = tiny_llama(TOKENIZER, 0), tiny_llama(TOKENIZER, 1)
    there, back = measured(ours, theirs), measured(theirs, ours)
    for one, other in zip(there, back, strict=True):
        assert one.forward == pytest.approx(other.reverse, rel=1e-5)
        assert one.variation == pytest.approx(other.variation, rel=1e-5)
        assert abs(one.forward - one.reverse) > 1e-3


@pytest.mark.parametrize("kind", ["llama", "gemma2", "gpt_bigcode"])
@pytest.mark.parametrize(
    ("batch_size", "at_once"), [(1, None), (5, 1), (2, 7 * WORDS), (3, 1 << 20)]
)
def test_neither_batch_nor_chunk_changes_the_sums(
    kind: str, batch_size: int, at_once: int | None
) -> None:
    ours, theirs = (tiny_model(kind, TOKENIZER, seed) for seed in (0, 1))
    assert_close(measured(ours, theirs, batch_size, at_once), measured(ours, theirs))


def test_no_more_logits_are_made_at_a_time_than_a_chunk() -> None:
    ours, theirs = tiny_llama(TOKENIZER, 0), tiny_llama(TOKENIZER, 1)
    pair = Pair(Loaded(ours, 64), Loaded(theirs, 64), 4, 7 * WORDS)
    sizes: list[int] = []
    for model in (ours, theirs):
        model.lm_head.register_forward_hook(lambda *args: sizes.append(args[2].shape[0]))
    pair.measure(SPANS)
    assert max(sizes) == 7
    assert sum(sizes) == 2 * sum(len(each.scored) for each in SPANS)


def test_a_model_has_no_divergence_from_itself() -> None:
    for each in measured(tiny_llama(TOKENIZER, 0), tiny_llama(TOKENIZER, 0)):
        assert abs(each.forward) < 1e-6
        assert abs(each.reverse) < 1e-6
        assert each.variation < 1e-6


def test_other_embeddings_are_refused_with_both_numbers() -> None:
    ours, theirs = tiny_llama(TOKENIZER), tiny_llama(TOKENIZER, vocab_size=WORDS + 8)
    pair = Pair(Loaded(ours, 64), Loaded(theirs, 64), 4)
    assert pair.obstacle is not None
    assert f"{WORDS} and {WORDS + 8} embeddings" in pair.obstacle
    assert Pair(Loaded(ours, 64), Loaded(ours, 64), 4).obstacle is None


def test_impossible_words_add_nothing_and_a_possible_one_that_is_impossible_fails() -> None:
    class Barred(torch.nn.Module):
        def __init__(self, word: int) -> None:
            super().__init__()
            self.register_buffer("bars", torch.zeros(WORDS))
            self.bars[word] = -torch.inf

        def forward(self, logits: torch.Tensor) -> torch.Tensor:
            return logits + self.bars

    def barred(seed: int, word: int) -> Any:
        model = tiny_llama(TOKENIZER, seed)
        model.lm_head = torch.nn.Sequential(model.lm_head, Barred(word))
        model.get_output_embeddings = lambda: None  # type: ignore[method-assign]
        return model

    both = Pair(Loaded(barred(0, 7), 64), Loaded(barred(1, 7), 64), 4).measure(SPANS[:1])
    assert isinstance(both[0], Sums)
    assert both[0].forward > 1
    (one,) = Pair(Loaded(tiny_llama(TOKENIZER), 64), Loaded(barred(1, 7), 64), 4).measure(SPANS[:1])
    assert isinstance(one, Failure)
    assert "isn't a finite number" in one.reason


def test_a_model_of_nan_fails_and_is_never_zero() -> None:
    ours, theirs = tiny_llama(TOKENIZER, 0), tiny_llama(TOKENIZER, 1)
    with torch.no_grad():
        theirs.lm_head.weight[3] = torch.nan
    for answer in Pair(Loaded(ours, 64), Loaded(theirs, 64), 4).measure(SPANS):
        assert isinstance(answer, Failure)


def test_a_batch_that_memory_doesnt_hold_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = tiny_llama(TOKENIZER, 0), tiny_llama(TOKENIZER, 1)
    expected = measured(ours, theirs)
    whole = Pair._batch

    def small(self: Pair, spans: Sequence[Span]) -> Any:
        if len(spans) > 1 or len(spans[0].fed) > 50:
            raise torch.OutOfMemoryError
        return whole(self, spans)

    monkeypatch.setattr(Pair, "_batch", small)
    found = Pair(Loaded(ours, 64), Loaded(theirs, 64), 4).measure(SPANS)
    assert isinstance(found[2], Failure)
    assert "out of memory on 63 tokens" in found[2].reason
    kept = [0, 1, 3, 4]
    assert_close([s for i in kept if isinstance(s := found[i], Sums)], [expected[i] for i in kept])


def test_texts_are_cut_into_the_windows_that_the_scorer_has(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_llama(TOKENIZER), TOKENIZER)
    encoder = open_encoder(spec_for(max_length=16), inspect(ModelRef(path=str(folder))), WORDS)
    text = "The patient was given aspirin and the pain went away. " * 3
    found = windows(encoder, [RollingLogLikelihood(text, 4), LogLikelihood("One two", " three")])
    assert found == [*encoder.rolling(text, 4), encoder.pair("One two", " three")]
    assert len(found) > 3


@pytest.mark.skipif(
    not all((WEIGHTS / stage / "model.safetensors").is_file() for stage in STAGES),
    reason="the bundled weights (harness/demo/weights) are not there",
)
def test_the_bundled_family_has_the_divergence_that_torch_says() -> None:
    spec = spec_for(max_length=128)
    seen = {stage: inspect(ModelRef(path=str(WEIGHTS / stage))) for stage in STAGES}
    loaded = {stage: load(spec, inspection) for stage, inspection in seen.items()}
    encoder = open_encoder(spec, seen["sft"], loaded["sft"].embeddings)
    spans = windows(encoder, [RollingLogLikelihood(text) for text in TEXTS])
    per_token = {}
    for reference, candidate in (("base", "sft"), ("sft", "base"), ("sft", "aligned")):
        found = Pair(loaded[reference], loaded[candidate], 4).measure(spans)
        sums = [each for each in found if isinstance(each, Sums)]
        models = [loaded[stage]._model for stage in (reference, candidate)]
        assert_close(sums, by_torch(models[0], models[1], spans))
        tokens = sum(each.tokens for each in sums)
        per_token[reference, candidate] = sum(each.forward for each in sums) / tokens
    assert per_token["base", "sft"] > 2 * per_token["sft", "aligned"] > 0
    assert abs(per_token["base", "sft"] - per_token["sft", "base"]) > 0.01
    for each in Pair(loaded["sft"], loaded["sft"], 4).measure(spans):
        assert isinstance(each, Sums)
        assert abs(each.forward) < 1e-6
