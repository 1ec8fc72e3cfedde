"""How long 10,000 paired resamples of corpus BLEU take, ours beside sacrebleu's own bootstrap.

    python tests/benches/resampling_speed.py > reports/benchmarks/resampling_speed.md

2,000 segments, two systems. The first two lines are the resampling alone: the statistics of the
segments are there for both, for sacrebleu by taking the time of few resamples from that of many.
The others are whole tests from texts to p, sacrebleu's with its usual number of resamples.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest, _paired_bs_test

from harness.metrics.bleu import bleu
from harness.metrics.metric import FloatArray
from harness.metrics.outcomes import Text
from harness.stats.bootstrap import RESAMPLES, resampled_values, shifted_p

SEGMENTS = 2000
WORDS = 20
SEED = 20260101
ROUNDS = 5
FEW, MANY, USUAL = 10, 1010, 1000  # resamples of sacrebleu


def systems(rng: np.random.Generator) -> tuple[list[str], list[list[str]]]:
    """Return references, and two systems that get some of their words wrong."""
    words = rng.integers(500, size=(SEGMENTS, WORDS))
    lines = []
    for wrong in (0.0, 0.2, 0.25):
        other = rng.integers(500, size=words.shape)
        said = np.where(rng.random(words.shape) < wrong, other, words)
        lines.append([" ".join(f"w{word}" for word in line) for line in said])
    return lines[0], lines[1:]


def seconds(work: Callable[[], Any]) -> float:
    """Return the median processor time of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def rows_of(references: list[str], said: list[str]) -> FloatArray:
    """Return our statistics (n, k) of a system."""
    statistics = bleu("en").statistics
    pairs = zip(said, references, strict=True)
    return np.array([statistics(Text(prediction=s, references=[r])) for s, r in pairs])


def main() -> None:
    """Print the table."""
    references, said = systems(np.random.default_rng(SEED))
    sides = [rows_of(references, system) for system in said]
    info = bleu("en").info
    ours = seconds(lambda: resampled_values(info, sides, None, np.random.default_rng(SEED)))
    scorer = BLEU(references=[references])
    statistics = scorer._extract_corpus_statistics(said[0], None)
    first = {"BLEU": (np.array(statistics), scorer._aggregate_and_compute(statistics))}

    def theirs(resamples: int) -> Callable[[], Any]:
        named = {"BLEU": scorer}
        return lambda: _paired_bs_test(first, "two", said[1], None, named, resamples, -1, SEED)

    each = (seconds(theirs(MANY)) - seconds(theirs(FEW))) / (MANY - FEW)
    lines = [
        ("ours, resampling", RESAMPLES, ours),
        ("sacrebleu, resampling", MANY - FEW, each * (MANY - FEW)),
        ("ours, whole test", RESAMPLES, seconds(lambda: our_test(references, said))),
        ("sacrebleu, whole test", USUAL, seconds(lambda: their_test(references, said))),
    ]
    print("# How fast paired resamples of corpus BLEU are\n")
    print(f"{SEGMENTS:,} segments of {WORDS} words, two systems; medians of {ROUNDS} rounds.\n")
    print("| | resamples | seconds of the processor | µs per resample |\n|---|---|---|---|")
    for what, count, taken in lines:
        print(f"| {what} | {count:,} | {taken:.2f} | {1e6 * taken / count:,.0f} |")
    rates = [taken / count for _, count, taken in lines]
    print(
        f"\nPer resample ours takes {rates[1] / rates[0]:,.0f} times less alone and "
        f"{rates[3] / rates[2]:,.0f} times less as a whole test; from the rows that a store holds "
        f"it takes {rates[3] / rates[0]:,.0f} times less than sacrebleu's test from texts."
    )


def our_test(references: list[str], said: list[list[str]]) -> float:
    """Return p of no difference from texts."""
    info, sides = bleu("en").info, [rows_of(references, system) for system in said]
    drawn = resampled_values(info, sides, None, np.random.default_rng(SEED))
    return shifted_p(drawn[1] - drawn[0], float(np.mean(drawn[1] - drawn[0])))


def their_test(references: list[str], said: list[list[str]]) -> object:
    """Return the results of ``sacrebleu --paired-bs``."""
    named: Any = [("one", said[0]), ("two", said[1])]
    scorer = {"BLEU": BLEU(references=[references])}
    return PairedTest(named, scorer, None, test_type="bs", n_samples=USUAL)()


if __name__ == "__main__":
    main()
