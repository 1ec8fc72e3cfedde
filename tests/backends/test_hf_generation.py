"""Generation against a loop without cache or padding; how it ends, and what it says of itself."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    CORPUS,
    END,
    EOS,
    answers,
    opened,
    save,
    spec_for,
    tiny_llama,
    tiny_model,
    tiny_tokenizer,
)
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from harness.backends.hf import HFBackend
from harness.backends.weights import quiet
from harness.records import Failure, Generate, Generation

PROMPTS = [
    "The patient",
    "Question: which organ makes insulin? Answer:",
    "患者服用",
    "One two three",
]


def greedy_by_hand(folder: Path, prompt: str, steps: int) -> list[int]:
    """Argmax, token by token, one sequence at a time; stops before EOS."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokens = tokenizer.encode(prompt)
    made: list[int] = []
    for _ in range(steps):
        with torch.no_grad():
            token = int(model(torch.tensor([tokens + made])).logits[0, -1].argmax())
        if token == tokenizer.eos_token_id:
            break
        made.append(token)
    return made


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("family", ["with_bos", "without_bos"])
def test_greedy_is_argmax_token_by_token(
    family: str, batch_size: int, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(family)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    backend = opened(folder, batch_size=batch_size)
    found = answers(backend, [Generate(context=prompt, max_tokens=12) for prompt in PROMPTS])
    for prompt, answer in zip(PROMPTS, found, strict=True):
        made = greedy_by_hand(folder, prompt, 12)
        assert answer.texts == (tokenizer.decode(made, skip_special_tokens=True),)
        assert answer.tokens == (len(made),)
        assert answer.finish == ("length" if len(made) == 12 else "stop",)


def test_a_stop_string_ends_the_text_and_is_not_in_it(without_bos: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(without_bos)
    backend = opened(without_bos)
    (full,) = answers(backend, [Generate(context=PROMPTS[0], max_tokens=12)])
    made = greedy_by_hand(without_bos, PROMPTS[0], 12)
    stop = tokenizer.decode(made[4:6])
    (cut,) = answers(backend, [Generate(context=PROMPTS[0], max_tokens=12, stop=("§", stop))])
    assert cut.texts == (full.texts[0][: full.texts[0].index(stop)],)
    assert cut.finish == ("stop",)
    assert cut.tokens[0] <= 6


def biased(folder: Path, token: str) -> Path:
    """A model that says one token only."""
    tokenizer = tiny_tokenizer(bos=False)
    model = tiny_llama(tokenizer, tie_word_embeddings=False)
    with torch.no_grad():
        model.model.norm.weight.zero_()
    number = tokenizer.convert_tokens_to_ids(token)
    model.lm_head = torch.nn.Linear(32, len(tokenizer), bias=False)
    with torch.no_grad():
        model.model.norm.weight.zero_()
        model.model.norm.weight[0] = 1.0
        model.lm_head.weight.zero_()
        model.model.embed_tokens.weight[:, 0] = 50.0
        model.lm_head.weight[number, 0] = 1.0
    return save(folder, model, tokenizer)


def test_eos_ends_a_text_at_once(tmp_path: Path) -> None:
    (answer,) = answers(opened(biased(tmp_path, EOS)), [Generate(context="x", max_tokens=5)])
    assert answer == Generation(texts=("",), finish=("stop",), tokens=(0,))


def test_a_stop_string_that_is_a_special_token_ends_as_eos_does(tmp_path: Path) -> None:
    backend = opened(biased(tmp_path, END))
    asked = [Generate(context="x", max_tokens=5, stop=(END,)), Generate(context="x", max_tokens=5)]
    stopped, free = answers(backend, asked)
    assert stopped == Generation(texts=("",), finish=("stop",), tokens=(0,))
    assert (free.finish, free.tokens) == (("length",), (5,))


def test_the_checkpoints_own_sampling_settings_do_not_count(
    without_bos: Path, tmp_path: Path
) -> None:
    model = AutoModelForCausalLM.from_pretrained(without_bos)
    tokenizer = AutoTokenizer.from_pretrained(without_bos)
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=5.0, repetition_penalty=9.0, max_new_tokens=2
    )
    save(tmp_path, model, tokenizer)
    asked = [Generate(context=prompt, max_tokens=10) for prompt in PROMPTS]
    assert answers(opened(tmp_path), asked) == answers(opened(without_bos), asked)


def test_samples_follow_from_the_seed_and_leave_torch_alone(without_bos: Path) -> None:
    backend = opened(without_bos)
    asked = Generate(context=PROMPTS[0], max_tokens=8, temperature=1.0, seed=3, n=3)
    state = torch.get_rng_state()
    (first,) = answers(backend, [asked])
    again = answers(backend, [Generate(context="x", max_tokens=3, temperature=2.0), asked])[1]
    other = answers(
        backend, [Generate(context=PROMPTS[0], max_tokens=8, temperature=1.0, seed=4, n=3)]
    )
    assert first == again
    assert len(set(first.texts)) > 1
    assert other[0] != first
    assert torch.equal(state, torch.get_rng_state())


def test_greedy_samples_are_copies(without_bos: Path) -> None:
    one, three = answers(
        opened(without_bos),
        [Generate(context="The", max_tokens=4), Generate(context="The", max_tokens=4, n=3)],
    )
    assert three.texts == one.texts * 3
    assert len(three.finish) == len(three.tokens) == 3


def test_a_long_prompt_keeps_its_end(without_bos: Path) -> None:
    """max_length 64 less 10 to generate leaves the prompt's last 54 tokens."""
    tokenizer = AutoTokenizer.from_pretrained(without_bos)
    kept = tokenizer.encode(" ".join(CORPUS[:4]))[-54:]
    text = tokenizer.decode(kept)
    assert tokenizer.encode(text) == kept
    backend = opened(without_bos)
    whole, end = answers(
        backend,
        [Generate(context=c, max_tokens=10) for c in (" ".join(CORPUS[:4]), text)],
    )
    assert whole == end


@pytest.mark.parametrize(("count", "said"), [(64, "no room"), (0, "nothing is asked")])
def test_a_length_that_cannot_be_kept_fails(without_bos: Path, count: int, said: str) -> None:
    (answer,) = answers(opened(without_bos), [Generate(context="x", max_tokens=count)])
    assert isinstance(answer, Failure)
    assert said in answer.reason


def test_a_plain_batch_that_memory_does_not_suffice_for_is_halved() -> None:
    tokenizer = tiny_tokenizer(bos=False)
    with quiet():
        backend = HFBackend(tiny_model("mamba", tokenizer), tokenizer, spec_for(batch_size=4))
    asked = [Generate(context=prompt, max_tokens=6) for prompt in PROMPTS]
    expected = answers(backend, asked)
    model = backend._generator._model
    inner, sizes = model.generate, []

    def cramped(input_ids: Any, **options: Any) -> Any:
        sizes.append(len(input_ids))
        if len(input_ids) > 2:
            raise torch.OutOfMemoryError
        return inner(input_ids=input_ids, **options)

    model.generate = cramped
    assert answers(backend, asked) == expected
    assert answers(backend, asked) == expected
    assert sizes == [4, 2, 2, 2, 2]  # remembered
    assert backend.measured().halved == 2


def test_a_stop_string_in_the_prompt_does_not_count(without_bos: Path) -> None:
    backend = opened(without_bos)
    context = "One two\n\nthree"
    (free,) = answers(backend, [Generate(context=context, max_tokens=8)])
    assert "\n" not in free.texts[0]
    stop = ("\n\n", "two", "three")
    assert answers(backend, [Generate(context=context, max_tokens=8, stop=stop)]) == [free]


def test_answers_come_as_they_end_and_say_which_end_together(without_bos: Path) -> None:
    backend = opened(without_bos)
    asked = [Generate(context=PROMPTS[k % 2], max_tokens=n) for k, n in enumerate([9, 3, 3, 6])]
    seen = [(index, backend.batch_done) for index, _ in backend.respond(asked)]
    assert {index for index, _ in seen[:2]} == {1, 2}
    assert [index for index, _ in seen[2:]] == [3, 0]
    assert [done for _, done in seen] == [False, True, True, True]


def test_trying_a_model_does_not_stumble_over_its_end_tokens(without_bos: Path) -> None:
    backend = opened(without_bos)
    backend._generator._eos = set(range(300))
    answers(backend, [Generate(context="One", max_tokens=4)])
    assert backend.measured().notes == ()
    assert backend._generator._slots is not None


def test_logits_that_are_not_finite_fail_their_request_only(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(bos=False)
    model = tiny_llama(tokenizer, tie_word_embeddings=False)
    with torch.no_grad():
        model.model.embed_tokens.weight[tokenizer.encode("§")[0]] = float("nan")
    backend = opened(save(tmp_path, model, tokenizer))
    asked = [Generate(context=c, max_tokens=4) for c in ("a § b", "The patient", "§", "One")]
    found = answers(backend, asked)
    failure = Failure("the model's logits aren't finite numbers")
    assert [answer == failure for answer in found] == [True, False, True, False]
    assert found[1::2] == answers(backend, asked[1::2])
    (sampled,) = answers(backend, [Generate(context="§", temperature=1.0, max_tokens=4, n=2)])
    assert sampled == failure


def test_the_first_token_is_timed_and_each_measurement_begins_anew(without_bos: Path) -> None:
    backend = opened(without_bos, batch_size=2)
    answers(backend, [Generate(context=prompt, max_tokens=8) for prompt in PROMPTS])
    measured = backend.measured()
    assert measured.first_token_seconds > 0
    assert measured.peak_device_bytes is None  # no accelerator in these tests
    assert backend.measured().first_token_seconds is None
