"""Evidence made up for the tests of statistics, analysis and renderings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.evidence import Aggregate, Evidence, Identity, Scores
from harness.metrics.metric import FloatArray, MetricInfo
from harness.records import Variant

ACCURACY = MetricInfo(
    name="accuracy",
    signature="accuracy|v1",
    columns=("right", "n"),
    aggregate="mean",
    chance=0.25,
)
ROUGE = MetricInfo(name="rouge", signature="rouge|v1", columns=("f", "n"), aggregate="mean")
BITS = MetricInfo(
    name="bits/byte",
    signature="bits|v1",
    columns=("bits", "bytes"),
    aggregate="ratio",
    higher_is_better=False,
    unit="bits/byte",
    ceiling=None,
)
PERPLEXITY = MetricInfo(
    name="perplexity",
    signature="ppl|v1",
    columns=("nll", "tokens"),
    aggregate="exp_ratio",
    higher_is_better=False,
    unit="ppl",
    ceiling=None,
)
BLEU = MetricInfo(
    name="BLEU",
    signature="bleu|tok:13a",
    columns=tuple("ar12341234"),
    aggregate="bleu",
    unit="points",
    ceiling=100.0,
)


def mean_rows(values: Sequence[float]) -> FloatArray:
    """Return the rows (n, 2) of a mean."""
    return np.column_stack([np.asarray(values, dtype=np.float64), np.ones(len(values))])


def scores(info: MetricInfo, rows: Any) -> Scores:
    return Scores(info=info, rows=np.asarray(rows, dtype=np.float64))


def right(values: Sequence[float]) -> Scores:
    return scores(ACCURACY, mean_rows(values))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


_LINEAGE: dict[str, tuple[Any, str | None]] = {
    "base": ("base", None),
    "sft": ("sft", "base"),
    "dpo": ("aligned", "sft"),
}


def evidence(
    checkpoint: str = "base", values: Sequence[float] = (1, 0), **changes: Any
) -> Evidence:
    """Return a cell's evidence; ``changes`` are fields of the identity or of the evidence."""
    metric = changes.pop("scores", None) or right(values)
    n = len(metric.rows)
    stage, parent = _LINEAGE.get(checkpoint, ("aligned", "sft"))
    identity = Identity(
        cell=f"{checkpoint}-key",
        row="quiz",
        checkpoint=checkpoint,
        stage=stage,
        parent=parent,
        fingerprint=f"{checkpoint}-weights",
        tokenizer="tok",
        task="quiz",
        task_version=1,
        kind="multiple_choice",
        capability="general",
        language="en",
        variant=Variant(formulation="mcf", format="plain"),
        seed=1,
        backend={"name": "hf", "dtype": "float32", "max_length": 2048, "bos": "auto"},
    )
    named = {key: changes.pop(key) for key in list(changes) if hasattr(identity, key)}
    columns: dict[str, Any] = {
        "documents": tuple(f"d{i:03}" for i in range(n)),
        "document_hashes": tuple(f"h{i}" for i in range(n)),
        "request_hashes": tuple(f"r{i}" for i in range(n)),
        "clusters": (None,) * n,
        "statuses": ("ok",) * n,
        "planned": n,
    }
    return Evidence(identity=replace(identity, **named), metrics=(metric,), **(columns | changes))


def stated(
    checkpoint: str, row: str, value: float, error: float | None = None, **changes: Any
) -> Aggregate:
    """Return a number without records; ``changes`` are fields of the identity, chance or n."""
    info = replace(ACCURACY, chance=changes.pop("chance", 0.0))
    n = changes.pop("n", None)
    cell = evidence(
        checkpoint, **({"row": row, "task": row, "cell": f"{checkpoint}-{row}"} | changes)
    )
    return Aggregate(
        identity=cell.identity, info=info, value=value, error=error, n=n, source="results.json"
    )
