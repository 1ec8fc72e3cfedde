import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from harness.metrics.outcomes import Text
from harness.metrics.rouge import ROUGE_TYPES, rouge
from harness.metrics.tokenizers import cjk_tokens

SENTENCE = st.lists(
    st.sampled_from(["the", "cat", "Cats", "sat", "on", "mat", "3.5", "café", "mat.", "so!", "?"]),
    min_size=1,
    max_size=12,
).map(" ".join)
CHINESE = st.text(alphabet="今天气很好不我们去公园。！a ", min_size=1, max_size=15)


def value(kind, language, prediction, *references, **options):
    metric = rouge(kind, language, **options)
    score, count = metric.statistics(Text(prediction=prediction, references=references))
    assert count == 1.0
    return score


class Characters:
    def tokenize(self, text):
        return cjk_tokens(text)


@pytest.mark.parametrize("kind", ROUGE_TYPES)
def test_identical_chinese_texts_score_one(kind):
    text = "患者今日体温正常。明日可以出院。"
    assert value(kind, "zh", text, text) == 1.0
    # What rouge-score itself makes of them:
    assert rouge_scorer.RougeScorer([kind]).score(text, text)[kind].fmeasure == 0.0


def test_unlike_chinese_texts_that_share_a_latin_word_do_not_score_one():
    other = value("rouge1", "zh", "模型 GPT4 很差", "公司 GPT4 赚钱")
    assert other == pytest.approx(1 / 5)
    plain = rouge_scorer.RougeScorer(["rouge1"]).score("公司 GPT4 赚钱", "模型 GPT4 很差")
    assert plain["rouge1"].fmeasure == 1.0


@pytest.mark.parametrize(
    ("kind", "expected"), [("rouge1", 5 / 6), ("rouge2", 0.6), ("rougeL", 5 / 6)]
)
def test_chinese_goldens_by_character(kind, expected):
    assert value(kind, "zh", "今天天气不好", "今天天气很好") == pytest.approx(expected)


def test_rouge_lsum_forgives_the_order_of_sentences_and_rouge_l_does_not():
    first, second = "The cat sat here", "Dogs run far away"
    one, other = f"{first}. {second}.", f"{second}. {first}."
    assert value("rougeLsum", "en", other, one) == 1.0
    assert value("rougeL", "en", other, one) == pytest.approx(0.5)
    assert value("rougeLsum", "zh", "明天晴。今天雨。", "今天雨。明天晴。") == 1.0
    assert value("rougeL", "zh", "明天晴。今天雨。", "今天雨。明天晴。") < 1.0


def test_the_stemmer_is_an_option_for_english_and_in_the_signature():
    assert value("rouge1", "en", "running dogs", "run dog") == 0.0
    assert value("rouge1", "en", "running dogs", "run dog", stemmer=True) == 1.0
    assert "|stem:no|" in rouge("rouge1", "en").info.signature
    assert "|stem:yes|" in rouge("rouge1", "en", stemmer=True).info.signature
    assert "|stem:no|" in rouge("rouge1", "zh", stemmer=True).info.signature


def test_accented_words_count_outside_english():
    assert value("rouge1", "fr", "très élevé", "très élevé") == 1.0
    assert value("rouge1", "fr", "é à", "è ù") == 0.0


def test_the_best_reference_counts():
    assert value("rouge1", "en", "a b", "c d", "a b") == 1.0


def test_an_empty_answer_scores_zero():
    for kind in ROUGE_TYPES:
        assert value(kind, "en", "", "a b c") == 0.0
        assert value(kind, "zh", "", "今天") == 0.0


def test_the_signature_tells_what_changes_the_number():
    info = rouge("rouge2", "zh", nrefs=None).info
    assert info.signature == "rouge2|nrefs:var|tok:cjk|stem:no|version:0.1.2"
    assert info.aggregate == "mean"
    assert rouge("rougeLsum", "en").info.signature == (
        "rougeLsum|nrefs:1|tok:rouge-score|stem:no|split:punct|version:0.1.2"
    )


@given(prediction=SENTENCE, references=st.lists(SENTENCE, min_size=1, max_size=3))
def test_english_agrees_with_rouge_score(prediction, references):
    kinds = ["rouge1", "rouge2", "rougeL"]
    theirs = rouge_scorer.RougeScorer(kinds).score_multi(references, prediction)
    for kind in kinds:
        assert value(kind, "en", prediction, *references) == theirs[kind].fmeasure


@given(prediction=CHINESE, references=st.lists(CHINESE, min_size=1, max_size=3))
def test_chinese_agrees_with_rouge_score_given_a_character_tokenizer(prediction, references):
    kinds = ["rouge1", "rouge2", "rougeL"]
    scorer = rouge_scorer.RougeScorer(kinds, tokenizer=Characters())
    theirs = scorer.score_multi(references, prediction)
    for kind in kinds:
        assert value(kind, "zh", prediction, *references) == theirs[kind].fmeasure


@given(prediction=st.lists(SENTENCE, max_size=3), reference=st.lists(SENTENCE, min_size=1))
def test_rouge_lsum_agrees_with_rouge_score_on_lines(prediction, reference):
    marks = str.maketrans("", "", ".!?")
    ours, theirs = ("\n".join(lines).translate(marks) for lines in (prediction, reference))
    expected = rouge_scorer.RougeScorer(["rougeLsum"]).score(theirs, ours)["rougeLsum"].fmeasure
    assert value("rougeLsum", "en", ours, theirs) == expected
