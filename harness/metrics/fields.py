"""Precision, recall and F1 of the fields of a structured record.

A field holds values: none where nothing is stated, usually one, several for a list. A predicted
value is correct if the gold record has it in the same field, after normalisation (see
:func:`values_of`). The averages are those of :mod:`harness.metrics.confusion`, zero divisions 0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from unicodedata import normalize

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Filled
from harness.metrics.tokenizers import CJK
from harness.records import JSON, digest

_MEASURES = ("f1", "precision", "recall")
_COUNTS = ("correct", "predicted", "gold")
_NOTHING = frozenset({"", "null", "none", "n/a", "not stated", "无", "未提及"})
_NESTED = "\0"  # never equal to a gold value, which is a text, a number or a list of them
_BLANKS = re.compile(r"\s+")
_BLANK_BESIDE_CJK = re.compile(rf"(?<={CJK.pattern}) | (?={CJK.pattern})")


def values_of(value: JSON) -> frozenset[str]:
    """Return the normalised values of a field; empty where nothing is stated.

    Unicode NFKC (full-width forms become half-width), lower case, blanks collapsed, none beside a
    CJK character. Numbers are their text: 38.0 is "38". ``null``, an empty text, "none", "n/a",
    "not stated", "无" and "未提及" state nothing. An object or a list within a list is one value
    that is never correct.
    """
    items = value if isinstance(value, list) else [value]
    return frozenset(_text(item) for item in items) - _NOTHING


def _text(value: JSON) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return _NESTED
    written = value if isinstance(value, str) else repr(value).removesuffix(".0")
    folded = _BLANKS.sub(" ", normalize("NFKC", written).casefold()).strip()
    return _BLANK_BESIDE_CJK.sub("", folded)


def is_exact(filled: Filled) -> bool:
    """Say whether every field has just the gold values."""
    return list(filled.gold) == list(filled.predicted)


def field_metrics(fields: Sequence[str]) -> tuple[Metric, ...]:
    """Return micro-F1 (primary), the other averages, two rates, and P, R, F1 of each field.

    ``exact_record`` is the share of records with every field right, ``well_formed`` the share of
    answers with a JSON object in them.
    """
    family = _Family(tuple(fields))
    averages = product(("micro", "macro"), _MEASURES)
    each = product(range(len(fields)), _MEASURES)
    return (
        *(family.averaged(f"{average}_{measure}") for average, measure in averages),
        family.exact_record(),
        family.well_formed(),
        *(family.of_field(index, measure) for index, measure in each),
    )


def field_counts(filled: Filled) -> list[float]:
    """Return 3C numbers: correct, predicted and gold values, each for the C fields in order."""
    columns = [_field_counts(index, filled) for index in range(len(filled.gold))]
    return [column[count] for count in range(3) for column in columns]


def _field_counts(index: int, filled: Filled) -> tuple[float, float, float]:
    gold, predicted = filled.gold[index], filled.predicted[index]
    return float(len(gold & predicted)), float(len(predicted)), float(len(gold))


def _exact(filled: Filled) -> tuple[float, float]:
    return float(is_exact(filled)), 1.0


def _well_formed(filled: Filled) -> tuple[float, float]:
    return float(filled.well_formed), 1.0


@dataclass(frozen=True, slots=True)
class _Family:
    fields: tuple[str, ...]

    def averaged(self, name: str) -> Metric:
        columns = tuple(f"{count}[{field}]" for count, field in product(_COUNTS, self.fields))
        return Metric(info=self._info(name, columns, name), statistics=field_counts)

    def of_field(self, index: int, measure: str) -> Metric:
        info = self._info(f"{measure}[{self.fields[index]}]", _COUNTS, measure)
        return Metric(info=info, statistics=partial(_field_counts, index))

    def exact_record(self) -> Metric:
        return Metric(info=self._info("exact_record", ("correct", "n"), "mean"), statistics=_exact)

    def well_formed(self) -> Metric:
        info = self._info("well_formed", ("well_formed", "n"), "mean")
        return Metric(info=info, statistics=_well_formed)

    def _info(self, name: str, columns: tuple[str, ...], aggregate: str) -> MetricInfo:
        fields = f"fields:{len(self.fields)}:{digest(list(self.fields))[:8]}"
        return MetricInfo(
            name=name,
            signature=f"{name}|{fields}|norm:nfkc,case,blanks|zero_division:0|version:1",
            columns=columns,
            aggregate=aggregate,
        )
