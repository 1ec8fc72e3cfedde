"""What a score layer says of its metric must be such that statistics can work with it."""

import re

import numpy as np

from harness.metrics.aggregate import AGGREGATES
from harness.metrics.metric import MetricInfo
from harness.metrics.record_aggregates import RECORD_AGGREGATES
from harness.records import JSON
from harness.store.bounds import is_number

__all__ = ["info_from_json"]

_MOST_COLUMNS = 5000
_UNIT = re.compile(r"[\w%°·²³/ .-]{0,40}")  # shown beside numbers as it is


def info_from_json(data: JSON) -> MetricInfo:
    """Return the metric that a layer's metadata describe.

    Raises LookupError, TypeError or ValueError if they describe none that we know to aggregate.
    """
    columns = tuple(data["columns"])
    info = MetricInfo(**{**data, "columns": columns})
    texts = (info.name, info.signature, info.unit, info.aggregate, *columns)
    if not all(isinstance(text, str) for text in texts) or not 1 <= len(columns) <= _MOST_COLUMNS:
        raise ValueError("its metric isn't described in texts")
    if not _UNIT.fullmatch(info.unit):
        raise ValueError("its unit must be a plain word")
    if not isinstance(info.higher_is_better, bool):
        raise ValueError("higher_is_better must be true or false")
    if not is_number(info.chance) or not (info.ceiling is None or is_number(info.ceiling)):
        raise ValueError("chance and ceiling must be numbers")
    _check_aggregate(info)
    return info


def _check_aggregate(info: MetricInfo) -> None:
    """Try the aggregate on rows of ones: it has to take as many columns as there are."""
    k = len(info.columns)
    with np.errstate(all="ignore"):
        if info.resample == "sums" and info.aggregate in AGGREGATES:
            AGGREGATES[info.aggregate](np.ones((1, k)))
        elif info.resample == "records" and info.aggregate in RECORD_AGGREGATES:
            RECORD_AGGREGATES[info.aggregate](np.ones((2, k)))
        else:
            raise ValueError(f"no aggregate is named {info.aggregate[:60]!r}")
