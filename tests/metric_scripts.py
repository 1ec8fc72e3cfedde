"""Metric scripts as users of ``evaluate`` write them."""

from pathlib import Path
from textwrap import indent

_SCRIPT = """
import datasets
import evaluate


class Mine(evaluate.Metric):
    def _info(self):
        value = datasets.Value("{value}")
        references = datasets.Sequence(value) if {several} else value
        features = datasets.Features({{"predictions": value, "references": references}})
        return evaluate.MetricInfo(description="", citation="", features=features)

    def _compute(self, predictions, references):
{body}
"""


def write_metric(
    folder: Path, name: str, body: str, *, value: str = "string", several: bool = False
) -> str:
    """Write a metric into a folder of its own and return its name in a task."""
    script = folder / name / f"{name}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    text = _SCRIPT.format(value=value, several=several, body=indent(body, " " * 8))
    script.write_text(text, encoding="utf-8")
    return f"evaluate:{script.parent}"


MATCHES = """
pairs = list(zip(predictions, references))
return {'score': sum(p == r for p, r in pairs) / len(pairs)}
"""
"""A mean over samples."""
LENGTHS = "return {'ratio': sum(map(len, predictions)) / sum(map(len, references))}"
"""A ratio of sums."""
