"""The number that a worked solution ends with, read strictly or flexibly.

``strict``    the number after the first ``####``, the mark of GSM8K (Cobbe et al. 2021, arXiv
              2110.14168): the format counts, too
``flexible``  the last number of the text, wherever it stands

The names and the rules are those of lm-eval's ``gsm8k`` (strict-match, flexible-extract). Numbers
are compared by value, where lm-eval compares their spelling: full-width digits, thousands commas,
currency signs, units behind and trailing zeros don't matter, and 万 and 亿 are multiplied out.
A fraction isn't a number: of ``1/2`` the last one is 2.

``RULE_extracted`` is the share of texts in which a number was found and ``RULE_if_extracted`` the
accuracy among them, so that RULE = RULE_extracted * RULE_if_extracted exactly: what a stage lost
in format, and what in arithmetic (Kitagawa 1955).
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Literal, TypeAlias

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Text

Rule: TypeAlias = Literal["strict", "flexible"]
RULES: tuple[Rule, ...] = ("strict", "flexible")
NAMES = tuple(f"{rule}{what}" for rule in RULES for what in ("", "_extracted", "_if_extracted"))
"""Of all metrics of this family."""

# Not NFKC, which makes "18 m²" end with a 2. The full-width comma parts numbers in Chinese, and
# marks thousands only among full-width digits.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) != "，"}
_WIDE_THOUSANDS = re.compile("(?<=[０-９])，(?=[０-９]{3})")
_MARK = re.compile(r"#{4}\s*")
# A minus sign belongs to a number only at the start of a word: COVID-19 and 10-12 have none.
_NUMBER = re.compile(
    r"(?P<minus>(?<![\w)\]])[-−])?[$€£¥￥]?"
    r"(?P<digits>(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)|\d+)(?:\.\d+)?|\.\d+)"
    r"\s?(?P<unit>[万亿])?"
)
_POWERS = {None: 0, "万": 4, "亿": 8}


def final_number(text: str, rule: Rule) -> Decimal | None:
    """Return the number that a text ends with by a rule; None if there is none."""
    plain = _WIDE_THOUSANDS.sub(",", text).translate(_WIDE)
    if rule == "strict":
        mark = _MARK.search(plain)
        found = _NUMBER.match(plain, mark.end()) if mark else None
    else:
        found = max(_NUMBER.finditer(plain), key=lambda match: match.start(), default=None)
    return None if found is None else _value(found)


def reference_number(text: str) -> Decimal | None:
    """Return what a reference says: the number after its mark, else its last one."""
    marked = final_number(text, "strict")
    return final_number(text, "flexible") if marked is None else marked


def is_right(outcome: Text, rule: Rule) -> bool:
    """Say whether the answer's number equals that of one of its references."""
    number = final_number(outcome.prediction, rule)
    return number is not None and number in map(reference_number, outcome.references)


def final_answer(name: str, *, nrefs: int | None = 1) -> Metric:
    """Return the metric of one of :data:`NAMES`; ValueError for another name.

    ``nrefs`` is the number of references per document; None: it varies. One match is enough.
    """
    if name not in NAMES:
        raise ValueError(f"no final-answer metric is named {name!r}")
    rule = next(rule for rule in RULES if name.startswith(rule))
    columns, statistics = _ROWS[name.removeprefix(rule)]
    how = "first ####" if rule == "strict" else "last number"
    return Metric(
        info=MetricInfo(
            name=name,
            signature=f"{name}|nrefs:{nrefs or 'var'}|answer:{how}|equal:decimal|version:1",
            columns=columns,
            # a mean would pair the documents that both sides answer
            aggregate="ratio" if name.endswith("_if_extracted") else "mean",
        ),
        statistics=partial(statistics, rule),
    )


def _value(found: re.Match[str]) -> Decimal:
    sign = "-" if found["minus"] else ""
    return Decimal(f"{sign}{found['digits'].replace(',', '')}E{_POWERS[found['unit']]}")


def _correct(rule: Rule, outcome: Text) -> tuple[float, float]:
    return float(is_right(outcome, rule)), 1.0


def _extracted(rule: Rule, outcome: Text) -> tuple[float, float]:
    return float(final_number(outcome.prediction, rule) is not None), 1.0


def _correct_if_extracted(rule: Rule, outcome: Text) -> tuple[float, float]:
    return float(is_right(outcome, rule)), _extracted(rule, outcome)[0]


_ROWS: dict[str, tuple[tuple[str, str], Callable[[Rule, Text], Sequence[float]]]] = {
    "": (("correct", "n"), _correct),
    "_extracted": (("extracted", "n"), _extracted),
    "_if_extracted": (("correct", "extracted"), _correct_if_extracted),
}
