"""lm-eval's metrics as rows and aggregates.

Of lm-eval's aggregations these are sums in disguise: mean, nanmean, perplexity,
weighted_perplexity, bits_per_byte, brier_score, bleu, chrf, chrf++, ter, and f1 of two classes.
median and matthews_corrcoef are computed from the records. A function of the task's own over all
documents is left out, and :attr:`Declared.left_out` names it: a store must be readable without the
code that filled it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal, TypeAlias

from harness.metrics.bleu import COLUMNS as BLEU_COLUMNS
from harness.metrics.bleu import bleu_row
from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Text
from harness.records import Document

Outcome: TypeAlias = Mapping[str, Any]
"""What lm-eval's scoring says of one document: value by metric, or ``metric,filter``."""

_SHARES = ("acc", "exact_match", "em", "prompt_level_strict_acc", "prompt_level_loose_acc")
"""Means that are shares of documents; of other names the scale isn't known."""
GUESSED = ("acc", "acc_norm", "acc_bytes", "acc_mutual_info")
"""Metrics of multiple choice that a guesser scores 1 / number of choices in."""
_CHARACTERS, _WORDS = 6, 2  # sacrebleu's and chrF++'s orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A task's metrics, as far as they have rows."""

    metrics: tuple[Metric, ...]
    left_out: tuple[str, ...]
    """The others, each with its aggregation."""


@dataclass(frozen=True, slots=True)
class Form:
    """How an aggregation of lm-eval's becomes rows."""

    aggregate: str
    columns: tuple[str, ...]
    row: Callable[[Any], Sequence[float]]
    """From what lm-eval notes of one document."""
    unit: str = ""
    ceiling: float | None = None
    resample: Literal["sums", "records"] = "sums"


def declared(task: Any, signature: str, chance: Callable[[Document], float] | None) -> Declared:
    """Return the metrics of an lm-eval task under each of its filters, the first one primary.

    ``signature`` says all else that changes the numbers; ``chance`` is a document's share of right
    choices, for multiple choice.
    """
    filters = [f.name for f in task._filters]
    better: Mapping[str, bool] = task.higher_is_better()
    found: list[Metric] = []
    left_out: list[str] = []
    for filter_ in filters:
        for name, function in task.aggregation().items():
            form = _forms().get(function)
            if form is None:
                left_out.append(f"{name} ({getattr(function, '__name__', 'own aggregation')})")
                continue
            key = name if len(filters) == 1 else f"{name},{filter_}"
            info = MetricInfo(
                name=key,
                signature=f"{key}|{signature}",
                columns=form.columns,
                aggregate=form.aggregate,
                resample=form.resample,
                higher_is_better=bool(better.get(name, True)),
                **scale(name, form),
            )
            guessed = chance if name in GUESSED else None
            row = partial(_row, key, form)
            found.append(Metric(info=info, statistics=row, chance=guessed))
    return Declared(metrics=tuple(found), left_out=tuple(dict.fromkeys(left_out)))


def scale(name: str, form: Form) -> dict[str, Any]:
    """Return the unit and the ceiling of a metric under an aggregation."""
    share = form.aggregate == "mean" and (name in _SHARES or name.startswith("acc_"))
    if share and form.unit == "":
        return {"unit": "%", "ceiling": 1.0}
    return {"unit": form.unit, "ceiling": form.ceiling}


def _row(key: str, form: Form, outcome: Outcome) -> Sequence[float]:
    """Return a document's row; a sum that the task doesn't give for it counts nothing."""
    if key not in outcome and form.resample == "sums":
        return (0.0,) * len(form.columns)
    return form.row(outcome[key])


@cache
def _forms() -> Mapping[Any, Form]:
    """Return how each of lm-eval's aggregations is a sum, by its function."""
    from lm_eval.api import metrics as theirs

    return {getattr(theirs, name): form for name, form in forms().items()}


@cache
def forms() -> Mapping[str, Form]:
    """Return how each of lm-eval's aggregations is a sum, by the name of its function."""
    mean = ("sum", "n")
    nll = ("nll", "weight")
    records: Literal["records"] = "records"
    return {
        "median": Form("upper_median", ("value",), lambda x: (float(x),), resample=records),
        "matthews_corrcoef": Form("matthews", ("gold", "predicted"), _classes, "", 1.0, records),
        "mean": Form("mean", mean, lambda x: (float(x), 1.0)),
        "nanmean": Form("mean", mean, _unless_nan),
        "perplexity": Form("exp_ratio", nll, lambda x: (-float(x), 1.0), "ppl"),
        "weighted_perplexity": Form("exp_ratio", nll, _nll, "ppl"),
        "bits_per_byte": Form("ratio", ("bits", "bytes"), _bits, "bits/byte"),
        "brier_score": Form("mean", mean, _brier),
        "bleu": Form("bleu", BLEU_COLUMNS, _bleu, "points", 100.0),
        "chrf": Form("chrf", _chrf_columns(0), partial(_chrf, 0), "points", 100.0),
        "chrfpp": Form("chrf", _chrf_columns(2), partial(_chrf, 2), "points", 100.0),
        "ter": Form("ratio", ("edits_x100", "reference_words"), _ter, "points"),
        "f1_score": Form("f1", ("correct", "predicted", "gold"), _f1, "%", 1.0),
    }


def _unless_nan(value: Any) -> tuple[float, float]:
    return (0.0, 0.0) if math.isnan(value) else (float(value), 1.0)


def _nll(item: Sequence[float]) -> tuple[float, float]:
    return -float(item[0]), float(item[1])


def _bits(item: Sequence[float]) -> tuple[float, float]:
    return -float(item[0]) / math.log(2), float(item[1])


def _brier(item: tuple[int, Sequence[float]]) -> tuple[float, float]:
    gold, probabilities = item
    wanted = [float(index == gold) for index in range(len(probabilities))]
    pairs = zip(probabilities, wanted, strict=True)
    return sum((float(p) - w) ** 2 for p, w in pairs), 1.0


def _classes(item: tuple[int, int]) -> tuple[float, float]:
    return float(item[0]), float(item[1])


def _f1(item: tuple[int, int]) -> tuple[float, float, float]:
    gold, predicted = (int(label) for label in item)
    if not {gold, predicted} <= {0, 1}:
        raise ValueError(f"lm-eval's f1 knows the classes 0 and 1, not {gold} and {predicted}")
    return float(gold and predicted), float(predicted), float(gold)


def _text(item: tuple[Any, Any]) -> Text:
    """Return a (references, prediction) pair of lm-eval's as ours; each may be in a list."""
    references, prediction = item
    many = [references] if isinstance(references, str) else list(references)
    one = prediction if isinstance(prediction, str) else next(iter(prediction))
    return Text(prediction=one, references=many)


def _bleu(item: tuple[Any, Any]) -> Sequence[float]:
    return bleu_row(_text(item), "13a")


def _chrf_columns(words: int) -> tuple[str, ...]:
    orders = [
        *(f"char{n + 1}" for n in range(_CHARACTERS)),
        *(f"word{n + 1}" for n in range(words)),
    ]
    return tuple(f"{side}_{n}" for n in orders for side in ("answer", "reference", "matches"))


def _chrf(words: int, item: tuple[Any, Any]) -> Sequence[float]:
    return _counts(_scorer("chrf", words), _text(item))


def _ter(item: tuple[Any, Any]) -> tuple[float, float]:
    edits, words = _counts(_scorer("ter", 0), _text(item))
    return 100.0 * edits, words


def _counts(scorer: Any, text: Text) -> list[float]:
    references = [[reference] for reference in text.references]
    # Private, but the only way to the counts; tests compare it with lm-eval's aggregation.
    [row] = scorer._extract_corpus_statistics([text.prediction], references)
    return [float(count) for count in row]


@cache
def _scorer(name: str, words: int) -> Any:
    import sacrebleu

    return sacrebleu.CHRF(word_order=words) if name == "chrf" else sacrebleu.TER()
