"""Stop strings found token by token, against a search of the whole text after every token."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import CORPUS, END, EOS, tiny_tokenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from harness.backends.stopping import Answer, Ending, Reader

BROKEN = "\ufffd"


def byte_fallback_tokenizer() -> PreTrainedTokenizerFast:
    """As SentencePiece's: blanks are "▁", the first one is dropped, unknown words are bytes."""
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    words += ["▁", "▁the", "the", "▁a", "a", "b", "ab", "\n", "\n\n", ".", "▁▁", "患", "者", "患者"]
    inner = Tokenizer(
        models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=[], byte_fallback=True)
    )
    inner.normalizer = normalizers.Replace(" ", "▁")
    inner.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    inner.add_special_tokens([AddedToken(w, special=True) for w in ("<s>", "</s>")])
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>")


TOKENIZERS = {"byte-level": tiny_tokenizer(bos=True), "byte fallback": byte_fallback_tokenizer()}


def decoded(tokenizer: Any, tokens: list[int]) -> str:
    text: str = tokenizer.decode(
        tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return text


def read(ending: Ending, tokens: list[int]) -> int | None:
    """How many tokens there were when a stop string was complete."""
    reader = Reader(ending)
    return next((k for k, token in enumerate(tokens, start=1) if reader.completes(token)), None)


@st.composite
def tokens_and_stops(draw: st.DrawFn, name: str) -> tuple[list[int], tuple[str, ...]]:
    tokenizer = TOKENIZERS[name]
    words = st.integers(0, len(tokenizer) - 1)
    spelled = st.sampled_from(["患者 the\n\nab", " a the", "ab\n", "。胰", *CORPUS]).map(
        lambda text: tokenizer.encode(text, add_special_tokens=False)[:12]
    )
    parts = draw(st.lists(st.one_of(words.map(lambda w: [w]), spelled), max_size=12))
    tokens = [token for part in parts for token in part]
    text = decoded(tokenizer, tokens)
    inside = st.tuples(st.integers(0, len(text)), st.integers(1, 6)).map(
        lambda at: text[at[0] : sum(at)]
    )
    stops = st.lists(st.one_of(inside, st.text("ab\n the患", max_size=3)), max_size=3)
    return tokens, tuple(draw(stops))


@pytest.mark.parametrize("name", TOKENIZERS)
@given(data=st.data())
def test_a_stop_string_is_found_with_the_token_that_completes_it(
    name: str, data: st.DataObject
) -> None:
    tokens, stops = data.draw(tokens_and_stops(name))
    stops = tuple(stop for stop in stops if BROKEN not in stop)
    tokenizer = TOKENIZERS[name]
    expected = next(
        (
            k
            for k in range(1, len(tokens) + 1)
            if any(stop and stop in decoded(tokenizer, tokens[:k]) for stop in stops)
        ),
        None,
    )
    ending = Ending(tokenizer, (), stops)
    assert read(ending, tokens) == expected
    answer = ending.answer(tokens[:expected], ended=expected is not None)
    whole = decoded(tokenizer, tokens[:expected])
    places = [whole.index(stop) for stop in stops if stop and stop in whole]
    assert answer.text == whole[: min(places, default=len(whole))]
    assert answer.finish == ("length" if expected is None else "stop")
    assert answer.tokens == len(tokens[:expected])


def test_a_character_of_several_tokens_is_not_seen_before_its_last_byte() -> None:
    tokenizer = TOKENIZERS["byte fallback"]
    tokens = [tokenizer.convert_tokens_to_ids(f"<0x{byte:02X}>") for byte in "。".encode()]
    assert read(Ending(tokenizer, (), ("。",)), tokens) == 3
    assert read(Ending(tokenizer, (), ("。",)), tokens[:2]) is None


def test_only_the_newest_tokens_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = TOKENIZERS["byte-level"]
    ending = Ending(tokenizer, (), ("§",))
    lengths = []
    whole = ending.decode
    monkeypatch.setattr(
        Ending, "decode", lambda self, tokens: lengths.append(len(tokens)) or whole(tokens)
    )
    tokens = tokenizer.encode(CORPUS[0] * 20, add_special_tokens=False)
    assert read(ending, tokens) is None
    assert len(tokens) > 200
    assert max(lengths) <= 3


def test_a_special_token_as_stop_string_is_an_end_and_no_text() -> None:
    tokenizer = TOKENIZERS["byte-level"]
    ending = Ending(tokenizer, [tokenizer.convert_tokens_to_ids(EOS)], (END, ".", ""))
    assert ending.eos == sorted(tokenizer.convert_tokens_to_ids([EOS, END]))
    assert ending.strings == ["."]


def test_the_first_of_several_stop_strings_cuts() -> None:
    tokenizer = TOKENIZERS["byte-level"]
    ending = Ending(tokenizer, (), ("c", "b"))
    tokens = tokenizer.encode("abc", add_special_tokens=False)
    assert ending.answer(tokens, ended=True) == Answer("a", "stop", len(tokens))
