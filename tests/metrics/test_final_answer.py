"""Final answers, among others against the filters and the exact match of lm-eval's gsm8k."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters.extraction import RegexFilter

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.final_answer import NAMES, final_answer, final_number, reference_number
from harness.metrics.outcomes import Text

LM_EVAL = {  # lm_eval/tasks/gsm8k/gsm8k.yaml of 0.4.13
    "strict": RegexFilter(regex_pattern=r"#### (\-?[0-9\.\,]+)"),
    "flexible": RegexFilter(regex_pattern=r"(-?[$0-9.,]{2,})|(-?[0-9]+)", group_select=-1),
}
IGNORED = [",", r"\$", r"(?s).*#### ", r"\.$"]


def lm_evals(text, reference, rule):
    [[extracted]] = LM_EVAL[rule].apply([[text]], [{}])
    score = exact_match_hf_evaluate(
        predictions=[extracted],
        references=[reference],
        regexes_to_ignore=IGNORED,
        ignore_case=True,
    )
    return score["exact_match"]


numbers = st.integers(-20, 20) | st.sampled_from([1000, 1234567, -4200])
steps = st.lists(
    st.sampled_from(["He has 5 cats.", "So 3 + 4 = 7 dogs", "That is $12 more.", "Then\n", "It is"])
).map(" ".join)


@st.composite
def solutions(draw):
    number = draw(numbers)
    ending = draw(
        st.sampled_from(["\n#### {}", "\nThe answer is {}.", " = ${}", " is {} cats", ""])
    )
    spelled = draw(st.sampled_from([f"{number}", f"{number:,}"]))
    return draw(steps) + ending.format(spelled)


@settings(deadline=None, max_examples=400)
@given(solutions(), numbers, st.sampled_from(["strict", "flexible"]))
def test_solutions_score_as_in_lm_eval(text, number, rule):
    reference = f"It is {number}.\n#### {number}"
    row = final_answer(rule).statistics(Text(prediction=text, references=[reference]))
    assert row == (lm_evals(text, reference, rule), 1.0)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234,567.50 dollars", "1234567.5"),
        ("It costs $18.", "18"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("it fell by −7 degrees", "-7"),
        ("from 10-12", "12"),  # a range, no minus
        ("COVID-19", "19"),
        ("x) -3", "-3"),
        ("共需１，２００元。", "1200"),
        ("答案：３．５％", "3.5"),
        ("大约3万人", "30000"),
        ("－￥５", "-5"),
        ("分别是3，100", "100"),
        ("面积是18 m²", "18"),
        ("2.5亿元", "250000000"),
        ("1,2,3", "3"),
        ("1/2", "2"),
        ("-.5", "-0.5"),
        ("**42**", "42"),
        (r"\boxed{42}", "42"),
    ],
)
def test_the_last_number_is_read_by_value(text, number):
    assert final_number(text, "flexible") == Decimal(number)


@pytest.mark.parametrize("text", ["", "no number", "一百", "$", "-", ".", "####"])
def test_a_text_without_digits_has_no_number(text):
    assert final_number(text, "flexible") is None
    assert final_number(text, "strict") is None


def test_strict_reads_the_first_mark_only():
    assert final_number("7 #### 18\n\nQuestion 2: #### 99", "strict") == 18
    assert final_number("＃＃＃＃ １８", "strict") == 18
    assert final_number("####$1,800 in all", "strict") == 1800
    assert final_number("the answer is 18", "strict") is None
    assert final_number("#### The answer is 18", "strict") is None


@settings(max_examples=300)
@given(st.text(alphabet="0123456789,.-$#万亿 １%a\n", max_size=30))
def test_any_text_is_read_or_not_and_nothing_raises(text):
    for rule in ("strict", "flexible"):
        number = final_number(text, rule)
        assert number is None or number.is_finite()


def test_a_reference_may_lack_the_mark():
    assert reference_number("20 - 2 = 18\n#### 18") == 18
    assert reference_number("18 元") == 18
    assert reference_number("none") is None


@pytest.mark.parametrize("rule", ["strict", "flexible"])
def test_extraction_times_accuracy_among_extracted_is_accuracy(rule):
    texts = ["#### 18", "#### 3", "18", "I don't know", "#### 18.00"]
    value = {}
    for name in ("", "_extracted", "_if_extracted"):
        metric = final_answer(rule + name)
        rows = [metric.statistics(Text(prediction=t, references=["#### 18"])) for t in texts]
        [value[name]] = AGGREGATES[metric.info.aggregate](np.array([np.sum(rows, axis=0)]))
    assert value[""] == pytest.approx(value["_extracted"] * value["_if_extracted"])
    assert value[""] == {"strict": 2 / 5, "flexible": 3 / 5}[rule]
    assert value["_extracted"] == {"strict": 3 / 5, "flexible": 4 / 5}[rule]


def test_one_right_reference_of_several_is_enough():
    outcome = Text(prediction="It is 5", references=["4", "5.0"])
    assert final_answer("flexible", nrefs=2).statistics(outcome) == (1.0, 1.0)


def test_each_metric_has_a_signature_of_its_own():
    signatures = {final_answer(name).info.signature for name in NAMES}
    assert len(signatures) == len(NAMES) == 6
    assert "strict|nrefs:1|answer:first ####|equal:decimal|version:1" in signatures


def test_another_name_is_an_error():
    with pytest.raises(ValueError, match="strictly"):
        final_answer("strictly")
