"""Texts continued side by side are what each is alone, under any model and in any company."""

import functools
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import tiny_llama, tiny_model, tiny_tokenizer
from transformers import GenerationConfig

from harness.backends.decoding import SlotDecoder
from harness.backends.slot_probe import Fit, fit
from harness.backends.stopping import Answer, Ending
from harness.backends.texts import Wanted
from harness.records import Failure

TOKENIZER = tiny_tokenizer(bos=True)
WORDS = len(TOKENIZER)
SENTENCE = tuple(TOKENIZER.encode("The patient was given aspirin and the pain went away."))


@pytest.fixture(scope="module")
def model() -> Any:
    made = tiny_llama(TOKENIZER)
    made.generation_config = GenerationConfig()
    return made


def decoder(model: Any, widest: int = 64, at_once: int = 512) -> SlotDecoder:
    found = fit(model, Ending(TOKENIZER, (), ()))
    assert isinstance(found, Fit)
    made = SlotDecoder(model, found.layers, found.bytes_per_token, [])
    made.widest, made.at_once = widest, at_once
    return made


def wanted(prompts: list[tuple[int, ...]], **changes: Any) -> list[Wanted]:
    options: dict[str, Any] = {"max_tokens": 8, "ending": Ending(TOKENIZER, (0,), ("an", "\n"))}
    return [Wanted(key=k, prompt=p, **options | changes) for k, p in enumerate(prompts)]


def outcomes(made: SlotDecoder, texts: list[Wanted]) -> dict[tuple[int, int], Answer | Failure]:
    found: dict[tuple[int, int], Answer | Failure] = {}
    for ended in made.run(texts):
        assert ended
        for text, outcome in ended:
            assert (text.key, text.copy) not in found
            found[text.key, text.copy] = outcome
    return found


def by_generate(model: Any, text: Wanted) -> Answer:
    """What transformers makes of a prompt on its own."""
    ids = torch.tensor([text.prompt])
    config = GenerationConfig(max_new_tokens=text.max_tokens, do_sample=False, pad_token_id=0)
    out = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)
    row = out[0, len(text.prompt) :].tolist()
    made: list[int] = []
    for token in row:
        if token in text.ending.eos:
            return text.ending.answer(made, ended=True)
        made.append(token)
        if text.ending.stops(text.ending.decode(made)):
            return text.ending.answer(made, ended=True)
    return text.ending.answer(made, ended=False)


@st.composite
def companies(draw: st.DrawFn) -> list[Wanted]:
    """Prompts with common beginnings, repeated, one another's beginnings, of one token ..."""
    pieces = st.one_of(
        st.integers(0, len(SENTENCE)).map(lambda n: SENTENCE[:n]),
        st.lists(st.integers(0, WORDS - 1), max_size=6).map(tuple),
    )
    prompts = draw(st.lists(st.tuples(pieces, pieces).map(lambda p: p[0] + p[1]), max_size=7))
    stops = st.sampled_from([(), (" ",), ("a", "患"), ("er", "\n\n")])
    return [
        Wanted(
            key=key,
            copy=copy,
            prompt=prompt or (1,),
            max_tokens=draw(st.integers(1, 9)),
            ending=Ending(TOKENIZER, draw(st.sampled_from([(), (0,), range(0, 90, 3)])), stop),
            temperature=draw(st.sampled_from([0.0, 0.0, 0.7])),
            seed=draw(st.integers(0, 3)),
        )
        for key, (prompt, stop) in enumerate(
            zip(prompts, draw(st.lists(stops, min_size=7)), strict=False)
        )
        for copy in range(draw(st.integers(1, 2)))
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=companies(), widest=st.integers(1, 5), at_once=st.sampled_from([4, 20, 512]))
def test_any_company_leaves_a_text_as_it_is_alone(
    model: Any, texts: list[Wanted], widest: int, at_once: int
) -> None:
    found = outcomes(decoder(model, widest, at_once), texts)
    assert len(found) == len(texts)
    for text in texts:
        if text.temperature == 0:
            assert found[text.key, text.copy] == by_generate(model, text)
        else:
            assert (
                found[text.key, text.copy] == outcomes(decoder(model), [text])[text.key, text.copy]
            )


class Watched:
    """Notes how many rows and columns a model reads at a time; may run out of memory."""

    def __init__(self, model: Any, monkeypatch: pytest.MonkeyPatch, most_rows: int = 99) -> None:
        self.read: list[tuple[int, int]] = []
        forward = model.base_model.forward

        def watched(input_ids: Any, **options: Any) -> Any:
            self.read.append(tuple(input_ids.shape))
            if len(input_ids) > most_rows:
                raise torch.OutOfMemoryError
            return forward(input_ids=input_ids, **options)

        monkeypatch.setattr(model.base_model, "forward", watched)

    @property
    def steps(self) -> list[int]:
        return [rows for rows, columns in self.read if columns == 1]


def endless(prompts: list[tuple[int, ...]], tokens: list[int]) -> list[Wanted]:
    ending = Ending(TOKENIZER, (), ())
    pairs = zip(prompts, tokens, strict=True)
    return [Wanted(key=k, prompt=p, max_tokens=n, ending=ending) for k, (p, n) in enumerate(pairs)]


def test_a_text_that_ends_makes_room_for_one_that_waits(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = decoder(model, widest=2)
    watched = Watched(model, monkeypatch)
    texts = endless([(*SENTENCE[:4], k) for k in range(5)], [8, 2, 2, 2, 2])
    assert len(outcomes(made, texts)) == 5
    assert watched.steps == [2] * 8


def test_what_most_prompts_begin_with_and_equal_prompts_are_read_once(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = decoder(model)
    watched = Watched(model, monkeypatch)
    prompts = [(*SENTENCE[:10], k, k, 5) for k in range(6)]
    outcomes(made, endless([*prompts, prompts[0], SENTENCE[4:9]], [1] * 8))
    assert sorted(watched.read) == sorted([(1, 10), (6, 2), (1, 4), (8, 1)])


def test_a_slot_that_another_text_moved_to_is_known_by_what_it_holds_now(model: Any) -> None:
    head = SENTENCE[:10]
    stranger = (1, *SENTENCE[1:9])  # shares nothing; it moves to the first slot and ends last
    texts = endless(
        [(*head, 5, 6, 7), stranger, (*head, 8, 9), (*head, 3), (*head, 4)], [3, 6, 3, 3, 3]
    )
    found = outcomes(decoder(model, widest=2), texts)
    assert [found[text.key, 0] for text in texts] == [by_generate(model, text) for text in texts]


def test_a_text_without_finite_logits_fails_and_the_others_go_on(model: Any) -> None:
    prompts = [SENTENCE[:n] for n in (2, 5, 6, 9, 12, 15)]  # padded by several tokens
    healthy = outcomes(decoder(model, widest=2), endless(prompts, [6] * 6))
    sick = 17
    assert all(sick not in prompt for prompt in prompts)
    broken = tiny_llama(TOKENIZER)
    with torch.no_grad():
        broken.model.embed_tokens.weight[sick] = float("nan")
    made = decoder(broken, widest=2)
    ill = [(*SENTENCE[:3], sick), (sick, 3), (*SENTENCE[:6], sick, 4, 4)]
    texts = endless([*prompts, *ill], [6] * 9)
    found = outcomes(made, texts)
    assert {key: found[key] for key in healthy} == healthy
    assert all(isinstance(found[key, 0], Failure) for key in range(6, 9))


def test_running_out_of_memory_halves_the_batch_and_is_remembered(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = endless([(*SENTENCE[:4], k) for k in range(8)], [5] * 8)
    expected = outcomes(decoder(model), texts)
    made = decoder(model)
    watched = Watched(model, monkeypatch, most_rows=3)
    assert outcomes(made, texts) == expected
    assert made.halved == 2
    assert max(watched.steps[-8:]) == 2
    watched.read.clear()
    assert outcomes(made, texts) == expected
    assert max(watched.steps) == 2


def test_a_text_that_memory_does_not_suffice_for_alone_fails(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = decoder(model)
    Watched(model, monkeypatch, most_rows=0)
    for outcome in outcomes(made, endless([SENTENCE, SENTENCE[:3]], [2, 2])).values():
        assert isinstance(outcome, Failure)
        assert "out of memory on a prompt of" in outcome.reason


def test_one_long_text_does_not_keep_short_ones_from_sharing_a_batch(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = decoder(model)
    monkeypatch.setattr(made, "_most", 60)
    watched = Watched(model, monkeypatch)
    outcomes(made, endless([SENTENCE * 3, *[(k, 1, 2) for k in range(10)]], [4, *[4] * 10]))
    assert watched.steps == [1] * 4 + [10] * 4


@pytest.mark.parametrize("name", ["bloom", "mamba"])
def test_a_model_that_does_not_fit_says_why(name: str) -> None:
    assert isinstance(fit(tiny_model(name, TOKENIZER), Ending(TOKENIZER, (), ())), str)


def test_a_model_that_answers_otherwise_with_a_cache_is_found_by_trying(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny_llama(TOKENIZER)
    forward = model.forward

    @functools.wraps(forward)
    def blind(input_ids: Any = None, position_ids: Any = None, **options: Any) -> Any:
        return forward(input_ids=input_ids, **options)  # positions follow from the cache alone

    assert isinstance(fit(model, Ending(TOKENIZER, (), ())), Fit)
    monkeypatch.setattr(model, "forward", blind)
    assert "differ" in str(fit(model, Ending(TOKENIZER, (), ())))
