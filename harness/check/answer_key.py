"""Is the key spread over letters and labels, or would one answer always do?"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from string import ascii_uppercase

from harness.check.report import Finding
from harness.data import Row
from harness.records import Document

ALPHA = 0.01
"""Chi-square test (Pearson 1900) of the shares against equal ones; below it they are flagged."""
FEWEST = 5
"""Expected documents per letter from which on the test is used (Cochran 1954)."""


def answer_key(documents: Sequence[tuple[Row, Document]]) -> list[Finding]:
    """Return the shares of letters or labels; nothing for a kind without a key."""
    choices = [d for _, d in documents if "choices" in d.fields and "answer" in d.fields]
    labels = [d.fields["label"] for _, d in documents if isinstance(d.fields.get("label"), str)]
    if choices:
        return [_letters(choices)]
    return [_labels(labels)] if labels else []


def _letters(documents: Sequence[Document]) -> Finding:
    """Expected are equal shares of the choices that each document has."""
    several = any(isinstance(d.fields["answer"], list) for d in documents)
    observed: Counter[str] = Counter()
    expected: defaultdict[str, float] = defaultdict(float)
    for document in documents:
        answer, letters = document.fields["answer"], ascii_uppercase[: _choices(document)]
        observed.update(letters[index] for index in (answer if several else [answer]))
        for letter in letters:
            expected[letter] += 1 / len(letters)
    names = sorted(expected)
    shares = [(name, observed[name], expected[name]) for name in names]
    return _finding("letter", shares, tested=not several, count=len(documents))


def _choices(document: Document) -> int:
    return len(document.fields["choices"])


def _labels(labels: Sequence[str]) -> Finding:
    observed = Counter(labels)
    equal = len(labels) / len(observed)
    shares = [(name, count, equal) for name, count in sorted(observed.items())]
    return _finding("label", shares, tested=len(shares) > 1, count=len(labels))


def _finding(
    what: str, shares: Sequence[tuple[str, int, float]], *, tested: bool, count: int
) -> Finding:
    total = sum(observed for _, observed, _ in shares)
    listed = ", ".join(f"{name} {observed / total:.0%}" for name, observed, _ in shares)
    p = None
    if tested and min(expected for _, _, expected in shares) >= FEWEST:
        p = _chi_square([o for _, o, _ in shares], [e for _, _, e in shares])
    flagged = p is not None and p < ALPHA
    verdict = "; that isn't chance (chi-square test, p < 0.01)" if flagged else ""
    return Finding(
        check="answer key",
        warning=flagged,
        what=f"shares per {what}: {listed}{verdict}",
        count=count,
        numbers={"shares": {name: observed / total for name, observed, _ in shares}, "p": p},
    )


def _chi_square(observed: Sequence[int], expected: Sequence[float]) -> float:
    from scipy.stats import chisquare

    return float(chisquare(observed, expected).pvalue)
