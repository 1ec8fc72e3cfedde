"""Precision, recall and F1 of entities, with four ways of matching a predicted to a gold entity.

They follow SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013), which took its half credit from MUC-5
(Chinchor & Sundheim 1993):

- ``strict``: same boundaries and same type. Of tagged text it equals seqeval's ``mode="strict",
  scheme=IOB2``.
- ``exact``: same boundaries, whatever the type.
- ``partial``: same type; 1 for the same boundaries and 0.5 for an overlap. SemEval's own "partial"
  doesn't look at the type; with it, the scores exist per type.
- ``type``: same type and any overlap.

An entity is matched at most once: first those with the same boundaries, then the others from left
to right. Where entities of one type don't overlap each other, no other pairing gives more credit.

Zero divisions are 0. A document without entities, gold or predicted, adds nothing to any count.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Literal

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Spans
from harness.records import digest

Match = Literal["strict", "exact", "partial", "type"]

_MEASURES = ("f1", "precision", "recall")
_COUNTS = ("correct", "predicted", "gold")


def tagged_spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return (start, end, type) of the entities of IOB2 tags, in tokens, end excluded.

    An entity begins at ``B-X`` and goes on through ``I-X``. Any other ``I-`` belongs to none, as
    in seqeval's strict mode.
    """
    found: list[tuple[int, int, str]] = []
    inside = None
    for index, tag in enumerate(tags):
        prefix, _, name = tag.partition("-")
        if prefix == "B":
            found.append((index, index + 1, name))
            inside = name
        elif prefix == "I" and name == inside:
            found[-1] = (found[-1][0], index + 1, name)
        else:
            inside = None
    return found


def span_metrics(types: Sequence[str], located_by: str) -> tuple[Metric, ...]:
    """Return strict micro-F1 (primary) and the other scores of entities of these types.

    Strict scores are micro and macro averages and one of each type; partial and type scores are
    averages; exact ones are micro averages. A macro average is the mean over all types. With a
    single type averages don't differ, and only micro ones are returned. ``located_by`` says in
    the signatures how predicted texts became spans.
    """
    family = _Family(tuple(types), located_by)
    several = len(types) > 1
    averages = ("micro", "macro") if several else ("micro",)
    matches: tuple[Match, ...] = ("strict", "partial", "type")
    averaged = [family.averaged(*name) for name in product(matches, averages, _MEASURES)]
    exact = [family.exact(measure) for measure in _MEASURES]
    each = product(range(len(types) if several else 0), _MEASURES)
    return (*averaged, *exact, *(family.of_type(index, measure) for index, measure in each))


def span_counts(match: Match, spans: Spans) -> list[float]:
    """Return 3C numbers: correct (with partial credit), predicted, gold, each for the C types.

    Of ``exact``, which knows no types, 3.
    """
    if match == "exact":
        gold, predicted = (Counter(s[:2] for s in side) for side in (spans.gold, spans.predicted))
        claimed = len(spans.predicted) + len(spans.elsewhere)
        return [float((gold & predicted).total()), float(claimed), float(len(spans.gold))]
    columns = [_type_counts(match, index, spans) for index in range(spans.size)]
    return [column[count] for count in range(3) for column in columns]


def _type_counts(match: Match, index: int, spans: Spans) -> tuple[float, float, float]:
    gold = {(start, end) for start, end, kind in spans.gold if kind == index}
    predicted = {(start, end) for start, end, kind in spans.predicted if kind == index}
    claimed = len(predicted) + spans.elsewhere.count(index)
    return _credit(match, gold, predicted), float(claimed), float(len(gold))


def _credit(match: Match, gold: set[tuple[int, int]], predicted: set[tuple[int, int]]) -> float:
    same = gold & predicted
    if match == "strict":
        return float(len(same))
    pairs = _overlapping(sorted(gold - same), sorted(predicted - same))
    return len(same) + pairs * (0.5 if match == "partial" else 1.0)


def _overlapping(gold: Sequence[tuple[int, int]], predicted: Sequence[tuple[int, int]]) -> int:
    """Return how many pairs overlap; whichever ends first has no later partner, so it goes on."""
    g = p = pairs = 0
    while g < len(gold) and p < len(predicted):
        if gold[g][1] <= predicted[p][0]:
            g += 1
        elif predicted[p][1] <= gold[g][0]:
            p += 1
        else:
            g, p, pairs = g + 1, p + 1, pairs + 1
    return pairs


@dataclass(frozen=True, slots=True)
class _Family:
    types: tuple[str, ...]
    located_by: str

    def averaged(self, match: Match, average: str, measure: str) -> Metric:
        columns = tuple(f"{count}[{name}]" for count, name in product(_COUNTS, self.types))
        info = self._info(f"{match}_{average}_{measure}", match, columns, f"{average}_{measure}")
        return Metric(info=info, statistics=partial(span_counts, match))

    def exact(self, measure: str) -> Metric:
        info = self._info(f"exact_micro_{measure}", "exact", _COUNTS, f"micro_{measure}")
        return Metric(info=info, statistics=partial(span_counts, "exact"))

    def of_type(self, index: int, measure: str) -> Metric:
        info = self._info(f"strict_{measure}[{self.types[index]}]", "strict", _COUNTS, measure)
        return Metric(info=info, statistics=partial(_type_counts, "strict", index))

    def _info(
        self, name: str, match: Match, columns: tuple[str, ...], aggregate: str
    ) -> MetricInfo:
        types = f"types:{len(self.types)}:{digest(list(self.types))[:8]}"
        how = f"match:{match}|located_by:{self.located_by}"
        return MetricInfo(
            name=name,
            signature=f"{name}|{types}|{how}|zero_division:0|version:1",
            columns=columns,
            aggregate=aggregate,
        )
