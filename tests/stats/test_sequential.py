"""The sequential decision: first certification counts, errors keep their bound, both targets."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats.betting import cluster_bets
from harness.stats.binary import tango_z
from harness.stats.sequential import Design, Seen, look

TARGETS: tuple[Literal["distribution", "benchmark"], ...] = ("distribution", "benchmark")


def drawn(rng: np.random.Generator, n: int, mean: float, flips: float) -> np.ndarray:
    chances = [(flips + mean) / 2, 1 - flips, (flips - mean) / 2]
    return rng.choice([1.0, 0.0, -1.0], size=n, p=chances)


def test_identical_outputs_pass_after_484_items_and_not_before() -> None:
    design = Design(margin=0.02, units=1000)
    assert look([0.0] * 483, design).decision is None
    found = look([0.0] * 600, design)
    assert (found.decision, found.n) == ("PASS", 484)


def test_what_comes_after_a_certification_changes_nothing() -> None:
    design = Design(margin=0.02, units=2000)
    first = look([0.0] * 484, design)
    assert look([0.0] * 484 + [-1.0] * 300, design) == first


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, 400))
def test_a_resumed_look_equals_an_uninterrupted_one(losses: int, ties: int) -> None:
    rng = np.random.default_rng(losses * 1000 + ties)
    seen = rng.permutation(np.array([-1.0] * losses + [0.0] * ties))
    design = Design(margin=0.02, units=500)
    looks = [look(seen[:n], design) for n in range(0, len(seen) + 1, 7)]
    decided = [each for each in looks if each.decision]
    assert all(each == decided[0] for each in decided)
    assert not decided or look(seen, design) == decided[0]


@pytest.mark.parametrize("target", TARGETS)
def test_a_disaster_stops_within_three_percent_of_the_items(
    target: Literal["distribution", "benchmark"],
) -> None:
    rng = np.random.default_rng(3)
    design = Design(margin=0.02, units=10_000, target=target)
    looks = [look(drawn(rng, 10_000, -0.1, 0.15), design) for _ in range(40)]
    assert {each.decision for each in looks} == {"REGRESSED"}
    assert np.mean([each.n for each in looks]) < 0.031 * 10_000


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("flips", [0.02, 0.2])
def test_errors_at_exactly_the_margin_keep_their_bound(
    target: Literal["distribution", "benchmark"], flips: float
) -> None:
    rng = np.random.default_rng(11)
    design = Design(margin=0.02, units=500, target=target)
    lost = round(500 * (flips + 0.02) / 2)
    outcomes = []
    for _ in range(300):
        if target == "benchmark":  # this very population has the margin as its mean
            population = np.array([-1.0] * lost + [1.0] * (lost - 10) + [0.0] * (510 - 2 * lost))
            seen = rng.permutation(population)
        else:
            seen = drawn(rng, 500, -0.02, flips)
        outcomes.append(look(seen, design).decision)
    for error in ("PASS", "REGRESSED"):
        assert outcomes.count(error) / 300 <= 0.05 + 2 * (0.05 * 0.95 / 300) ** 0.5


def test_the_benchmark_is_always_decided_at_its_end() -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        seen = drawn(rng, 300, -0.02, 0.3)
        found = look(seen, Design(margin=0.02, units=300, target="benchmark"))
        above = seen.sum() + 300 * 0.02
        assert found.decision == (
            "PASS" if above > 0 else "REGRESSED" if above < 0 else found.decision
        )
        assert (found.interval is None) == (found.n == 300)


def test_an_interval_holds_the_benchmarks_own_mean_at_every_look() -> None:
    rng = np.random.default_rng(13)
    population = np.array([-1.0] * 14 + [1.0] * 8 + [0.0] * 178)
    design, missed = Design(margin=0.05, units=200, target="benchmark"), 0
    for _ in range(20):
        seen = rng.permutation(population)
        found = [look(seen[:n], design) for n in range(10, 200, 30)]
        bounds = [each.interval for each in found if each.interval]
        missed += not all(low <= population.mean() <= high for low, high in bounds)
        widths = [high - low for low, high in bounds]
        assert widths[-1] < widths[0]
        assert (bounds[-1][0] >= -0.05 - 1e-6) == (found[-1].decision == "PASS")
    assert missed <= 2


def test_regressed_as_one_of_many_tests_takes_as_much_more_evidence() -> None:
    alone, one = Design(margin=0.02, units=1000), Design(margin=0.02, units=1000, tests=20)
    assert (look([-1.0] * 40, alone).decision, look([-1.0] * 40, alone).n) == ("REGRESSED", 14)
    among = look([-1.0] * 40, one)
    assert among.decision == "REGRESSED"
    assert among.failing >= np.log(20 * 25) > look([-1.0] * (among.n - 1), one).failing
    assert look([0.0] * 600, one).n == look([0.0] * 600, alone).n == 484


@pytest.mark.parametrize("target", TARGETS)
def test_a_unit_without_an_answer_helps_neither_side(
    target: Literal["distribution", "benchmark"],
) -> None:
    rng = np.random.default_rng(17)
    design = Design(margin=0.1, units=400, target=target)
    for mean in (0.0, -0.3):
        seen = drawn(rng, 400, mean, 0.3)
        least, most = seen.copy(), seen.copy()
        least[::40], most[::40] = -1.0, 1.0
        found = look(Seen(least=least, most=most), design)
        with_answers = look(seen, design)
        assert found.decision == with_answers.decision != "INCONCLUSIVE"
        assert found.n >= with_answers.n
        known = look(least if mean == 0 else most, design)
        assert (found.decision, found.n) == (known.decision, known.n)
        assert found.interval is not None
        assert found.interval[0] <= seen[: found.n].mean() <= found.interval[1]


def test_nothing_but_missing_answers_decides_nothing() -> None:
    unknown = Seen(least=np.full(500, -1.0), most=np.full(500, 1.0))
    for target in TARGETS:
        found = look(unknown, Design(margin=0.02, units=500, target=target))
        assert found.decision == "INCONCLUSIVE"


def test_an_interval_of_clusters_is_of_the_documents_mean() -> None:
    rng = np.random.default_rng(19)
    codes = np.repeat(np.arange(300), rng.integers(1, 6, 300))
    design, missed = Design(margin=0.05, units=300, flips=0.1, binary=False), 0
    for _ in range(40):
        differences = drawn(rng, len(codes), -0.04, 0.2)
        sums = cluster_bets(differences, codes, 0.05, 5)
        seen = Seen(least=sums, most=sums, sizes=np.bincount(codes) / 5)
        low, high = look(seen, design).interval or (1.0, -1.0)
        missed += not low <= -0.04 <= high
        assert low < -0.04 + 0.1
    assert missed <= 4


def test_the_final_look_is_tangos_at_what_is_left_of_alpha() -> None:
    seen = np.array([1.0] * 5 + [-1.0] * 9 + [0.0] * 86)
    found = look(seen, Design(margin=0.02, units=100))
    assert found.final == pytest.approx(tango_z(5, 9, 100, -0.02))
    assert found.decision == "INCONCLUSIVE"


def test_a_continuous_metric_without_variance_is_inconclusive() -> None:
    for constant in (0.0, 0.001):
        found = look([constant] * 20, Design(margin=0.02, units=20, binary=False))
        assert found.decision == "INCONCLUSIVE"


def test_too_many_differences_are_refused() -> None:
    with pytest.raises(ValueError, match="3 differences for 2 units"):
        look([0.0] * 3, Design(margin=0.02, units=2))
