"""Translation edit rate (Snover et al. 2006) on sacrebleu's counts: lower is better.

Edits are insertions, deletions, substitutions and shifts of words; an answer that shares nothing
with its reference scores 100, a long one more.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from harness.metrics.metric import Metric, MetricInfo
from harness.metrics.outcomes import Text
from harness.metrics.tokenizers import is_cjk_language

if TYPE_CHECKING:
    from sacrebleu.metrics.ter import TER

COLUMNS = ("edits", "reference_length")


def ter(language: str, *, nrefs: int | None = 1) -> Metric:
    """Return corpus TER (points, 0 is best) for answers in ``language`` (``zh``, ``en`` ...).

    sacrebleu's defaults: lower case, words between blanks, punctuation kept. CJK languages have no
    blanks, so there ``normalized`` and ``asian_support`` cut the text to characters. With several
    references the fewest edits count, over the mean length. ``nrefs`` is the number of references
    per document; None: it varies.
    """
    is_cjk = is_cjk_language(language)

    def statistics(outcome: Text) -> Sequence[float]:
        return ter_row(outcome, asian=is_cjk)

    flag = "yes" if is_cjk else "no"
    return Metric(
        info=MetricInfo(
            name="ter",
            signature=(
                f"ter|nrefs:{nrefs or 'var'}|case:lc|tok:tercom|norm:{flag}|punct:yes|asian:{flag}"
                f"|version:{version('sacrebleu')}"
            ),
            columns=COLUMNS,
            aggregate="ter",
            higher_is_better=False,
            unit="points",
            ceiling=0.0,
        ),
        statistics=statistics,
    )


def ter_row(outcome: Text, *, asian: bool) -> list[float]:
    """Return a segment's fewest edits and mean reference length, in words or characters."""
    references = [[reference] for reference in outcome.references]
    # Private, but the only way to the counts; tests compare it with corpus_score.
    [row] = _scorer(asian)._extract_corpus_statistics([outcome.prediction], references)
    return [float(count) for count in row]


@cache
def _scorer(asian: bool) -> "TER":
    from sacrebleu.metrics.ter import TER

    return TER(normalized=asian, asian_support=asian)
