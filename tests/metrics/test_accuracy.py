"""Accuracies against lm-eval's own rules: ``ConfigurableTask.process_results`` of 0.4.13."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.api.task import ConfigurableTask

from harness.metrics.accuracy import choice_metrics, pick, pick_per_character, pick_per_token
from harness.metrics.aggregate import AGGREGATES
from harness.metrics.outcomes import Choice

METRICS = {m.info.name: m for m in choice_metrics(lambda document: 0.25, pmi=True)}
THEIRS = {
    "acc": "acc",
    "acc_norm": "acc_norm",
    "acc_bytes": "acc_bytes",
    "acc_pmi": "acc_mutual_info",
}


def outcome(texts, logprobs, gold, **changes):
    return Choice(
        logprobs=logprobs,
        characters=[len(text) for text in texts],
        bytes=[len(text.encode()) for text in texts],
        gold=gold,
        **changes,
    )


def lm_evals(texts, logprobs, neutral, gold):
    """Score one document by lm-eval's code; it reads these attributes of its task only."""
    task = SimpleNamespace(
        OUTPUT_TYPE="multiple_choice",
        config=SimpleNamespace(process_results=None),
        multiple_input=False,
        multiple_target=False,
        _metric_fn_list=dict.fromkeys(THEIRS.values()),
        doc_to_choice=lambda doc: list(texts),
        doc_to_target=lambda doc: gold,
    )
    results = [(logprob, False) for logprob in (*logprobs, *neutral)]
    return ConfigurableTask.process_results(task, {}, results)


few = st.sampled_from([-6.0, -4.0, -3.0, -1.5])  # few values, so that ties are common
choices = st.lists(
    st.tuples(st.text("ab 肺炎é", min_size=1, max_size=6), few, few), min_size=2, max_size=6
)


@settings(max_examples=300)
@given(choices, st.data())
def test_the_accuracies_are_lm_evals(drawn, data):
    texts, logprobs, neutral = zip(*drawn, strict=True)
    gold = data.draw(st.integers(0, len(texts) - 1))
    theirs = lm_evals(texts, logprobs, neutral, gold)
    choice = outcome(texts, logprobs, gold, neutral=neutral)
    for ours, name in THEIRS.items():
        assert METRICS[ours].statistics(choice) == (theirs[name], 1.0), ours


def test_each_normalisation_has_a_favourite_of_its_own():
    texts = ["aaa", "肺炎", "bb", "cccccc", "dd"]
    logprobs = [-6.9, -5.4, -4.2, -11.9, -4.0]
    sizes = {"tokens": [1, 1, 9, 1, 1], "neutral": [-40.0, -5.0, -5.0, -12.0, -3.0]}
    picked = {}
    for name, metric in METRICS.items():
        hits = [metric.statistics(outcome(texts, logprobs, gold, **sizes))[0] for gold in range(5)]
        picked[name] = hits.index(1.0)
    assert picked == {"acc": 4, "acc_norm": 3, "acc_bytes": 1, "acc_tokens": 2, "acc_pmi": 0}


def test_a_choice_of_more_tokens_is_picked_for_each_of_them():
    # -4 over 4 tokens against -2 over 1
    choice = outcome(["abcd", "e"], [-4.0, -2.0], 0, tokens=[4, 1])
    assert (pick(choice), pick_per_token(choice)) == (1, 0)


def test_uncounted_tokens_are_no_wrong_answer():
    choice = outcome(["a", "b"], [-1.0, -2.0], 0, tokens=[1, 0])
    assert METRICS["acc_tokens"].statistics(choice) == (0.0, 0.0)


def test_normalising_counts_characters_not_bytes():
    # Per character: -2 against -3; per UTF-8 byte it would be -2 against -1.
    choice = outcome(["ab", "肺炎"], [-4.0, -6.0], 0)
    assert pick_per_character(choice) == 0


def test_the_first_of_tied_choices_is_picked():
    choice = outcome(["aa", "bb", "cc"], [-5.0, -2.0, -2.0], 2)
    assert (pick(choice), pick_per_character(choice)) == (1, 1)


def test_rows_add_up_to_the_share_of_right_answers():
    acc = METRICS["acc"]
    rows = [acc.statistics(outcome(["a", "b"], [-1.0, -2.0], gold)) for gold in (0, 0, 1, 0)]
    sums = np.array([rows]).sum(axis=1)
    assert AGGREGATES[acc.info.aggregate](sums) == pytest.approx([0.75])


def test_the_signatures_name_normalisation_and_ties():
    assert {name: m.info.signature for name, m in METRICS.items()} == {
        "acc_norm": "acc_norm|norm:characters|ties:first|version:1",
        "acc": "acc|norm:none|ties:first|version:1",
        "acc_bytes": "acc_bytes|norm:bytes|ties:first|version:1",
        "acc_tokens": "acc_tokens|norm:tokens|ties:first|version:1",
        "acc_pmi": "acc_pmi|norm:pmi|ties:first|version:1",
    }


def test_pmi_is_there_only_on_demand():
    names = [m.info.name for m in choice_metrics(lambda document: 0.25)]
    assert names == ["acc_norm", "acc", "acc_bytes", "acc_tokens"]
