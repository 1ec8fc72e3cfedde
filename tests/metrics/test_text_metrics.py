import subprocess
import sys
from importlib.metadata import version

import jieba
import numpy as np
import pytest
from sacrebleu.metrics import BLEU

from harness.errors import TaskError
from harness.metrics import segmenter
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Text
from harness.metrics.text_metrics import NAMES, asked_metric

PARK = "今天天气很好，我们去公园散步。"
PLAY = "今天天气很好，我们去公园玩。"


def value(name, prediction, *references, language="zh"):
    metric = asked_metric(name).metric(language)
    row = metric.statistics(Text(prediction=prediction, references=references))
    return AGGREGATES[metric.info.aggregate](np.array([row], dtype=float))[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reference_itself_scores_the_ceiling_and_another_text_less(name, language):
    reference = {"en": "So she has 5 of the cats. #### 5", "zh": "所以她还有五只猫。#### 5"}[
        language
    ]
    other = {"en": "no idea", "zh": "不知道"}[language]
    metric = asked_metric(name).metric(language)
    best = value(name, reference, reference, language=language)
    assert best == pytest.approx(metric.info.ceiling)
    worse = value(name, other, reference, language=language)
    if not name.endswith("_if_extracted"):
        assert (worse < best) == metric.info.higher_is_better


@pytest.mark.parametrize(
    ("text", "nrefs", "words_by"),
    [
        ("bleu", 1, None),
        ("bleu:4", 4, None),
        ("bleu:var", None, None),
        ("rougeL:jieba", 1, "jieba"),
        ("rouge1:2:jieba", 2, "jieba"),
        ("bleu:jieba:var", None, "jieba"),
    ],
)
def test_references_and_tokenizer_stand_after_the_name(text, nrefs, words_by):
    asked = asked_metric(text)
    assert (asked.nrefs, asked.words_by) == (nrefs, words_by)
    signature = asked.metric("zh").info.signature
    assert f"|nrefs:{nrefs or 'var'}|" in signature
    assert (f"|tok:jieba-{version('jieba')}|" in signature) == (words_by is not None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blue", "no metric is named 'blue'; known: rouge1"),
        ("bleu:0", "'bleu:4'"),
        ("bleu:", "'bleu:4'"),
        ("bleu:2:3", "'bleu:4'"),
        ("bleu:jieba:jieba", "'bleu:4'"),
        ("bleu:４", "'bleu:4'"),
        ("chrf\\+\\+:jieba", "takes no 'jieba'"),
        ("token_f1:jieba", "takes no 'jieba'"),
    ],
)
def test_a_name_that_cannot_be_used_says_why(text, message):
    with pytest.raises(TaskError, match=message):
        asked_metric(text.replace("\\", ""))


def test_rouge_by_word_counts_jiebas_words():
    ours = value("rouge1:jieba", PLAY, PARK)
    said, right = ({w for w in jieba.lcut(text) if w not in "，。"} for text in (PLAY, PARK))
    assert len(said & right) > 2
    assert ours == pytest.approx(2 * len(said & right) / (len(said) + len(right)))
    assert ours != value("rouge1", PLAY, PARK)


def test_bleu_by_word_is_sacrebleus_on_jiebas_words():
    texts = [" ".join(jieba.lcut(text)) for text in (PLAY, PARK)]
    theirs = BLEU(tokenize="none").corpus_score([texts[0]], [[texts[1]]]).score
    assert value("bleu:jieba", PLAY, PARK) == pytest.approx(theirs)
    assert value("bleu:jieba", PARK, PARK) == pytest.approx(100.0)


def test_a_users_own_words_in_jieba_do_not_change_the_score():
    before = value("rouge1:jieba", "我们去公园玩", "我们去公园")
    jieba.add_word("我们去公园")
    try:
        assert value("rouge1:jieba", "我们去公园玩", "我们去公园") == before
    finally:
        jieba.del_word("我们去公园")


def test_without_jieba_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(segmenter, "JIEBA", "no-such-distribution")
    with pytest.raises(TaskError, match=r"aligntax\[zh\]"):
        asked_metric("bleu:jieba").metric("zh")


def test_jieba_is_loaded_only_when_a_text_is_cut():
    code = (
        "import sys; from harness.metrics.text_metrics import asked_metric as a; "
        "a('bleu:jieba').metric('zh'); print('jieba' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
