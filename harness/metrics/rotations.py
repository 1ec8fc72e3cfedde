"""Is an answer picked for its text or for its place? From rotations of the choices.

``acc_rotations``  accuracy over all rotations, so that a liking for A neither helps nor harms
``consistency``    the share of questions whose rotations all pick the same text
``position_bias``  total variation distance between the picked positions and picking each equally
                   often, 0 to 1 - 1/n. With as many rotations as choices, picking by text alone
                   gives exactly 0; with fewer, it also shows where the documents put the right
                   answer. Few documents bias it upward.
"""

from collections.abc import Callable, Sequence
from string import ascii_uppercase

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Choice
from harness.records import Document

_POSITIONS = len(ascii_uppercase)


def rotation_metrics(chance: Callable[[Document], float], permutations: int) -> tuple[Metric, ...]:
    """Return the three metrics for ``permutations`` rotations (of n choices at most n).

    ``chance`` is a document's 1 / number of choices. A guess is consistent with probability
    n^(1 - rotations).
    """

    def consistent_by_chance(document: Document) -> float:
        share = chance(document)
        return float(share ** (min(permutations, round(1 / share)) - 1))

    def metric(
        name: str,
        columns: tuple[str, ...],
        statistics: Callable[[Choice], Sequence[float]],
        by_chance: Callable[[Document], float] | None,
    ) -> Metric:
        bias = by_chance is None
        return Metric(
            info=MetricInfo(
                name=name,
                signature=f"{name}|rotations:{permutations}|ties:first|version:1",
                columns=columns,
                aggregate="total_variation" if bias else "mean",
                higher_is_better=not bias,
                ceiling=0.0 if bias else 1.0,
            ),
            statistics=statistics,
            chance=by_chance,
            formulations=("mcf",),
        )

    counts = tuple(f"{what}[{a}]" for what in ("picked", "expected") for a in ascii_uppercase)
    return (
        metric("acc_rotations", ("correct", "n"), _correct, chance),
        metric("consistency", ("same", "n"), _same, consistent_by_chance),
        metric("position_bias", counts, _positions, None),
    )


def _texts(choice: Choice) -> list[int]:
    """Return the index of the text picked in each rotation."""
    size = len(choice.logprobs)
    return [(position + r) % size for r, position in enumerate(choice.picked)]


def _correct(choice: Choice) -> tuple[float, float]:
    texts = _texts(choice)
    return texts.count(choice.gold) / len(texts), 1.0


def _same(choice: Choice) -> tuple[float, float]:
    return float(len(set(_texts(choice))) == 1), 1.0


def _positions(choice: Choice) -> list[float]:
    """Return 52 numbers: the share of rotations that pick A to Z, and 1/n for those shown."""
    size = len(choice.logprobs)
    row = [0.0] * (2 * _POSITIONS)
    for position in choice.picked:
        row[position] += 1 / len(choice.picked)
    row[_POSITIONS : _POSITIONS + size] = [1 / size] * size
    return row
