import pytest

from harness.metrics.tokenizers import (
    bleu_tokenizer,
    cjk_tokens,
    rouge_tokenizer,
    sentences,
    target_language,
    words,
)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("zh", "zh"),
        ("en-US", "en"),
        ("zh-Hans-CN", "zh"),
        ("en-zh", "zh"),
        ("zh-en", "en"),
        ("en-zh-Hans", "zh"),
        ("EN", "en"),
    ],
)
def test_answers_are_in_the_last_language_of_the_tag(tag, language):
    assert target_language(tag) == language


def test_the_language_chooses_the_tokenizers():
    assert [rouge_tokenizer(x) for x in ("en", "zh", "ja", "fr")] == [
        "rouge-score",
        "cjk",
        "cjk",
        "words",
    ]
    assert [bleu_tokenizer(x) for x in ("en", "zh", "ja", "fr")] == ["13a", "zh", "char", "13a"]


def test_chinese_is_cut_to_characters_and_the_rest_to_words():
    assert cjk_tokens("患者 CT 提示β受体，血压120/80。") == [
        *("患", "者", "ct", "提", "示", "β", "受", "体", "血", "压", "120", "80"),
    ]


def test_rare_characters_and_kana_are_single_tokens():
    assert cjk_tokens("𠮷野家です々") == ["𠮷", "野", "家", "で", "す", "々"]


def test_accents_stay_within_words():
    assert words("Café naïve, l_été") == ["café", "naïve", "l", "été"]


def test_sentences_end_at_newlines_and_at_marks_of_both_scripts():
    assert sentences("One is 3.5. Two!\nThree\n\n") == ["One is 3.5.", "Two!", "Three"]
    assert sentences("今天好。明天呢？好") == ["今天好。", "明天呢？", "好"]
