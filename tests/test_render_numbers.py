import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records import Estimate
from harness.render import (
    difference_text,
    estimate_text,
    markdown,
    number,
    p_text,
    visible,
)
from harness.results import Difference


def estimate(value: float, low: float | None, high: float | None) -> Estimate:
    return Estimate(value=value, low=low, high=high, n=10, method="m")


def difference(value: float, low: float | None, high: float | None) -> Difference:
    return Difference(estimate=estimate(value, low, high), p=None, test="t")


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "text"),
    [
        (0.627, 0.551, 0.697, "%", "62.7 [55.1, 69.7] %"),
        (0.5, 0.11, 0.89, "%", "50 [11, 89] %"),
        (0.52, 0.42, 0.62, "%", "52.0 [42.0, 62.0] %"),
        (0.62712, 0.61912, 0.63502, "%", "62.71 [61.91, 63.50] %"),
        (0.0, 0.0, 0.046, "%", "0.0 [0.0, 4.6] %"),
        (2.355, 2.310, 2.401, "bits/byte", "2.355 [2.310, 2.401] bits/byte"),
        (31.24, 29.0, 33.5, "points", "31.2 [29.0, 33.5]"),
        (1234.5, 1100.0, 1400.0, "ppl", "1234 [1100, 1400] ppl"),
        (0.4, None, None, "%", "40.0 (no interval) %"),
        (3.0e9, None, None, "ppl", "3.00e+09 (no interval) ppl"),
    ],
)
def test_an_estimate_has_the_decimals_that_its_interval_allows(
    value: float, low: float | None, high: float | None, unit: str, text: str
) -> None:
    assert estimate_text(estimate(value, low, high), unit) == text


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "text"),
    [
        (0.58, 0.491, 0.66, "%", "+58.0 [49.1, 66.0] pt"),
        (-0.088, -0.121, -0.055, "%", "−8.8 [−12.1, −5.5] pt"),
        (0.331, 0.3, 0.362, "bits/byte", "+0.331 [0.300, 0.362] bits/byte"),
        (0.0, -0.05, 0.05, "%", "+0.0 [−5.0, 5.0] pt"),
        (-0.00001, -0.05, 0.05, "%", "+0.0 [−5.0, 5.0] pt"),
        (0.05, 0.0002, 0.1, "%", "+5.00 [0.02, 10.00] pt"),
    ],
)
def test_a_difference_has_a_sign(
    value: float, low: float, high: float, unit: str, text: str
) -> None:
    assert difference_text(difference(value, low, high), unit) == text


def test_missing_is_a_dash_and_no_number() -> None:
    assert estimate_text(None, "%") == difference_text(None, "%") == p_text(None) == "—"


def test_p_values_are_short() -> None:
    assert [p_text(p) for p in (0.0000001, 0.0391, 0.5, 1.0)] == [
        "p < .001",
        "p = .039",
        "p = .500",
        "p = 1",
    ]


def test_a_chance_level_is_shown_in_its_unit() -> None:
    assert number(0.25, "%") == "25.0"


@given(st.floats(-5, 5), st.floats(1e-4, 3))
def test_a_bound_beyond_zero_never_reads_as_zero(low: float, width: float) -> None:
    if 0 < abs(low) < 1e-3:
        return
    text = difference_text(difference(low + width / 2, low, low + width), "nats")
    shown = text.split("[")[1].split(",")[0].replace("−", "-")
    assert (float(shown) > 0) - (float(shown) < 0) == (low > 0) - (low < 0)


def test_names_cannot_steer_a_terminal() -> None:
    assert visible("a\x1b[31mred\nb\u202egpj\x7f") == "a␛[31mred␊b\\u202egpj␡"
    assert visible("医疗问答 👩\u200d⚕️") == "医疗问答 👩\u200d⚕️"


@given(st.text())
def test_whatever_is_shown_stays_on_one_line(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)


def test_names_cannot_become_markdown() -> None:
    assert markdown("a|b") == "a&#124;b"
    assert markdown("<img src=x>") == "&#60;img src=x&#62;"
    assert markdown("[x](http://e)") == "&#91;x&#93;(http://e)"
    assert markdown("medical_qa_en") == "medical_qa_en"
    assert markdown("_x_") == "&#95;x&#95;"
