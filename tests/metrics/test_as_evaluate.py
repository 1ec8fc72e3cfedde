import evaluate
import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import accuracy_score, f1_score

from harness.errors import TaskError
from harness.metrics.as_evaluate import load
from harness.metrics.text_metrics import NAMES

SAID = ["The cat sat on the mat.", "A dog ran far away", ""]
RIGHT = ["The cat lay on the mat.", "A dog ran away today", "Nothing"]
ZH_SAID = ["今天天气很好，我们去公园玩。", "发热"]
ZH_RIGHT = ["今天天气很好，我们去公园散步。", "发热咳嗽"]


def computed(name, said=SAID, right=RIGHT, **options):
    module = load(f"aligntax/{name}", **options)
    [(key, value)] = module.compute(predictions=said, references=right).items()
    assert key == name
    return value


def test_it_is_a_metric_of_evaluate_that_takes_batches():
    module = load("aligntax/bleu")
    assert isinstance(module, evaluate.Metric)
    assert (module.name, module.description[:12]) == ("aligntax/bleu", "bleu|nrefs:v")
    module.add_batch(predictions=SAID[:2], references=RIGHT[:2])
    module.add(prediction=SAID[2], reference=RIGHT[2])
    assert module.compute()["bleu"] == pytest.approx(computed("bleu"))


def test_several_of_them_combine():
    both = evaluate.combine([load("aligntax/ter"), load("aligntax/chrf++")])
    found = both.compute(predictions=SAID, references=RIGHT)
    assert found == {"ter": computed("ter"), "chrf++": computed("chrf++")}


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
def test_rouge_is_rouge_scores(kind):
    scorer = RougeScorer([kind])
    each = [scorer.score(r, p)[kind].fmeasure for p, r in zip(SAID, RIGHT, strict=True)]
    assert computed(kind) == pytest.approx(sum(each) / len(each))


def test_corpus_metrics_are_sacrebleus():
    assert computed("bleu") == pytest.approx(sacrebleu.corpus_bleu(SAID, [RIGHT]).score)
    assert computed("ter") == pytest.approx(sacrebleu.corpus_ter(SAID, [RIGHT]).score)
    theirs = sacrebleu.corpus_chrf(SAID, [RIGHT], word_order=2).score
    assert computed("chrf++") == pytest.approx(theirs)


def test_chinese_corpus_metrics_are_sacrebleus():
    theirs = sacrebleu.corpus_bleu(ZH_SAID, [ZH_RIGHT], tokenize="zh").score
    assert computed("bleu", ZH_SAID, ZH_RIGHT, language="zh") == pytest.approx(theirs)
    theirs = sacrebleu.corpus_ter(ZH_SAID, [ZH_RIGHT], normalized=True, asian_support=True).score
    assert computed("ter", ZH_SAID, ZH_RIGHT, language="zh") == pytest.approx(theirs)


def test_short_answers_score_as_by_hand():
    assert computed("exact_match", ["The cat!", "dog"], ["cat", "cats"]) == 0.5
    assert computed("token_f1", ["a big cat", "dog"], ["cat", "cats"]) == pytest.approx(1 / 3)
    assert computed("token_f1", ["阑尾炎"], ["急性阑尾炎"], language="zh") == pytest.approx(6 / 8)


def test_labels_score_as_in_scikit_learn():
    said, right = [0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 2]
    options = {"labels": list(range(4)), "average": "macro", "zero_division": 0}
    theirs = f1_score(right, said, **options)
    assert computed("macro_f1", said, right, labels=4) == pytest.approx(theirs)
    assert computed("accuracy", said, right, labels=4) == accuracy_score(right, said)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_metric_takes_one_reference_or_several(name):
    single = computed(name, ["It is 5"], ["It was 5"])
    assert computed(name, ["It is 5"], [["It was 5"]]) == single
    several = computed(name, ["It is 5"], [["It was 4", "It is 5"]])
    assert several == computed(name, ["It is 5"], ["It is 5"]) or name == "ter"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("aligntax/blue", {}, "no metric is named 'blue'"),
        ("aligntax/macro_f1", {}, "number of classes"),
        ("aligntax/macro_f1", {"labels": 1}, "number of classes"),
        ("aligntax/bleu", {"labels": 3}, "`labels` is for macro_f1"),
    ],
)
def test_what_cannot_be_loaded_says_why(name, options, message):
    with pytest.raises(TaskError, match=message):
        load(name, **options)


def test_a_label_out_of_range_is_an_error():
    with pytest.raises(ValueError, match="label 3 isn't one of 0 to 2"):
        computed("macro_f1", [3], [0], labels=3)


def test_a_metric_without_a_value_says_none():
    assert computed("strict_if_extracted", ["no mark: 5"], ["5"]) is None
