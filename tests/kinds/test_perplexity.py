import pytest

from harness.data import LocalFile
from harness.errors import DataError, TaskError
from harness.kinds.perplexity.kind import beginning, count_words, perplexity
from harness.metrics.outcomes import RollingText
from harness.records import Failure, Likelihood, RollingLogLikelihood
from harness.task import Prompt

PLAIN = Prompt(formulation="rolling", format="plain")


def test_the_text_is_asked_whole_and_unchanged(card, jsonl):
    task = perplexity(card(), jsonl([{"text": " = Title = \n\nWords .\n"}]))
    (document,) = task.documents(None)
    assert task.requests(document, PLAIN) == [RollingLogLikelihood(" = Title = \n\nWords .\n")]
    assert (task.formats, task.formulations) == (("plain",), ("rolling",))


def test_every_document_is_scored(card, jsonl):
    task = perplexity(card(), jsonl([{"text": f"text {n}"} for n in range(50)]))
    assert (len(task.documents(None)), len(task.examples(None))) == (50, 0)


def test_sizes_are_of_the_original_text(card, jsonl):
    task = perplexity(card("zh"), jsonl([{"text": "肺炎 CT ok。\n"}]))
    (document,) = task.documents(None)
    score = task.score(document, [Likelihood(logprob=-12.5, tokens=7)], "rolling")
    assert score.outcome == RollingText(nll=12.5, tokens=7, words=4, bytes=16)
    assert (score.status, score.reason) == ("ok", None)


def test_bits_per_byte_comes_first(card, jsonl):
    task = perplexity(card(), jsonl([{"text": "a"}]))
    assert [m.info.name for m in task.metrics] == [
        "bits_per_byte",
        "token_perplexity",
        "word_perplexity",
        "byte_perplexity",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat sat .", 4),
        (" = Title = \n\n two words\n", 5),
        ("don't re-do it", 3),
        ("今天天气很好", 6),
        ("今天，天气很好。", 6),  # punctuation is part of the character before it
        ("他说：“好”。", 3),
        ("GPT4很差。", 3),
        ("（GPT4）很差 and more", 5),
        ("カタカナ", 4),
        ("한국어 문장", 2),  # Korean has blanks
        ("𠀀𠀁", 2),
        ("!", 1),
    ],
)
def test_words_are_cjk_characters_and_chunks_between_blanks(text, words):
    assert count_words(text) == words


def test_words_without_cjk_are_those_of_split():
    text = " An  example , with\tpunctuation - and\n\nlines ... café naïve №5 "
    assert count_words(text) == len(text.split())


@pytest.mark.parametrize(
    ("text", "characters", "cut"),
    [
        ("one two three", 100, "one two three"),
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two"),
        ("one two three", 7, "one two"),
        ("one two three", 6, "one"),
        ("one  two", 4, "one"),
        ("unbroken", 3, "unb"),
        ("今天天气很好", 4, "今天天气"),
        ("天气good今天", 5, "天气"),
        ("天气good今天", 6, "天气good"),
    ],
)
def test_the_beginning_ends_at_a_whole_word(text, characters, cut):
    assert beginning(text, characters) == cut


def test_only_the_beginning_is_asked_and_measured(card, jsonl):
    task = perplexity(card(), jsonl([{"text": "one two three"}]), characters=9)
    (document,) = task.documents(None)
    assert task.requests(document, PLAIN) == [RollingLogLikelihood("one two")]
    outcome = task.score(document, [Likelihood(logprob=-1.0, tokens=2)], "rolling").outcome
    assert (outcome.words, outcome.bytes) == (2, 7)


@pytest.mark.parametrize("characters", [0, -5, "many"])
def test_a_limit_must_be_a_positive_number(card, jsonl, characters):
    with pytest.raises(TaskError, match="quiz: `characters` must be a number from 1 on"):
        perplexity(card(), jsonl([{"text": "a"}]), characters=characters)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "field 'text' is missing"),
        ({"text": 3}, "field 'text' must be text, not int"),
        ({"text": "\n "}, "field 'text' is empty"),
        ({"text": "      late"}, "the first 4 characters of field 'text' are blank"),
    ],
)
def test_a_bad_row_is_named(card, jsonl, row, message):
    task = perplexity(card(), jsonl([{"text": "fine"}, row]), characters=4)
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: {message}"):
        task.documents(None)


def test_half_a_surrogate_pair_is_named(card, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "ab\\ud800"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"rows\.jsonl:1: field 'text' holds half a surrogate pair"):
        perplexity(card(), LocalFile(path)).documents(None)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Failure("NaN logits"), "NaN logits"),
        (Likelihood(logprob=float("nan"), tokens=3), "the log-likelihood is nan"),
        (Likelihood(logprob=0.0, tokens=0), "no token of the text was scored"),
    ],
)
def test_an_unusable_answer_is_an_error_not_a_score(card, jsonl, response, reason):
    task = perplexity(card(), jsonl([{"text": "a"}]))
    score = task.score(task.documents(None)[0], [response], "rolling")
    assert (score.status, score.outcome, score.reason) == ("error", None, reason)


def test_windows_overlap_if_asked_to_and_the_signature_says_so(card, jsonl):
    task = perplexity(card(), jsonl([{"text": "a b"}]), overlap=512)
    (document,) = task.documents(None)
    assert task.requests(document, PLAIN) == [RollingLogLikelihood("a b", overlap=512)]
    assert all("|overlap:512|" in metric.info.signature for metric in task.metrics)
    disjoint = perplexity(card(), jsonl([{"text": "a b"}]))
    assert not any("overlap" in metric.info.signature for metric in disjoint.metrics)


@pytest.mark.parametrize("overlap", [-1, "half", True])
def test_an_overlap_is_a_number_of_tokens(card, jsonl, overlap):
    with pytest.raises(TaskError, match="quiz: `overlap` must be a number of tokens, not "):
        perplexity(card(), jsonl([{"text": "a"}]), overlap=overlap)
