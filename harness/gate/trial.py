"""One rule on one row against one reference, judged while the candidate is being asked.

A document without an answer is never left out and never a zero: it counts as the worst that it may
have been against PASS and as the best against REGRESSED (:mod:`harness.stats.sequential`), and too
many of them are INCOMPARABLE.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log

import numpy as np
from scipy.stats import norm

from harness.gate.eligible import Eligible, without
from harness.gate.orders import Order
from harness.metrics.metric import FloatArray
from harness.records import Estimate
from harness.results import RuleVerdict, Stopped
from harness.run import ERROR_SHARE
from harness.stats.betting import cluster_bets
from harness.stats.clusters import IntArray, unit_codes, unit_count
from harness.stats.intervals import built, is_binary
from harness.stats.sequential import EARLY_SHARE, Design, Look, Seen, Target, look
from harness.store import Asked

__all__ = ["Judged", "Trial", "trial_of"]

METHOD = "anytime (betting)"


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule as far as it is known."""

    rule: RuleVerdict
    open: bool
    """Whether more documents may still decide it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What is fixed before the first document is asked; arrays follow the order, (n,)."""

    subject: Eligible
    order: Order
    design: Design
    documents: tuple[Asked, ...]
    positions: IntArray
    """For each document the place of its unit in the order; ascending."""
    codes: IntArray | None
    """The documents' units 0..N-1, ascending; None where each is its own."""
    before: FloatArray
    """The reference's values."""

    def asked(self, begin: int, end: int) -> tuple[Asked, ...]:
        """Return the documents of the units from one place of the order up to another."""
        first, last = np.searchsorted(self.positions, (begin, end))
        return self.documents[first:last]

    def judge(self, values: Mapping[Asked, float], place: int) -> Judged:
        """Judge the units at the first places of the order by the candidate's values in [0, 1].

        Raises SpecError for a value outside.
        """
        n = int(np.searchsorted(self.positions, place))
        differences = self._differences(values, n)
        found = look(self._seen(differences), self._design(values))
        stop = found.n if self.codes is None else int(np.searchsorted(self.codes, found.n))
        return self._judged(found, differences[:stop])

    def _differences(self, values: Mapping[Asked, float], n: int) -> FloatArray:
        """Return the first n documents' differences, positive is better; NaN without an answer."""
        after = np.array([values.get(asked, np.nan) for asked in self.documents[:n]])
        if (after < 0).any() or (after > 1).any():
            name = self.subject.scores.info.name
            raise without(self.subject.about, f"{name} has values outside 0 to 1")
        sign = 1.0 if self.subject.scores.info.higher_is_better else -1.0
        differences: FloatArray = sign * (after - self.before[:n])
        return differences

    def _seen(self, differences: FloatArray) -> Seen:
        n = len(differences)
        ends = np.array([[0.0], [1.0]]) - self.before[:n]
        if not self.subject.scores.info.higher_is_better:
            ends = -ends
        least, most = (
            np.where(np.isnan(differences), end, differences)
            for end in (ends.min(axis=0), ends.max(axis=0))
        )
        if self.codes is None:
            return Seen(least=least, most=most)
        codes, largest = self.codes[:n], int(np.bincount(self.codes).max())
        bets = [cluster_bets(side, codes, self.design.margin, largest) for side in (least, most)]
        return Seen(least=bets[0], most=bets[1], sizes=np.bincount(codes) / largest)

    def _design(self, values: Mapping[Asked, float]) -> Design:
        """Return the design; outcomes are right or wrong only if the candidate's are, too."""
        known = (values.get(asked, 0.0) for asked in self.documents)
        binary = self.design.binary and all(value in (0.0, 1.0) for value in known)
        return replace(self.design, binary=binary)

    def _judged(self, found: Look, differences: FloatArray) -> Judged:
        rule, open_ = self.subject.rule, found.decision is None
        unanswered = int(np.isnan(differences).sum())
        answered = len(differences) - unanswered
        coverage = self.subject.share * answered / len(self.documents)
        certain = found.decision in ("PASS", "REGRESSED") and found.final is None
        estimate = self._estimate(differences, found)
        p_pass, p_regressed = _final_p(found, unanswered)
        about = replace(
            self.subject.about,
            decision=found.decision or "INCONCLUSIVE",
            estimate=estimate,
            declined=estimate is not None and estimate.high is not None and estimate.high < 0,
            coverage=coverage,
            required=rule.coverage,
            reasons=self._reasons(found, unanswered),
            stopped=Stopped(
                n=found.n,
                of=self.design.units,
                target=self.design.target,
                ln_passing=found.passing,
                ln_failing=found.failing,
                certified=certain,
                order=self.order.name,
                ln_needed=log(self.design.threshold),
                tests=self.design.tests,
            ),
            p_pass=p_pass,
            p_regressed=p_regressed,
        )
        if found.decision == "REGRESSED":
            return Judged(about, open=False)
        if unanswered > ERROR_SHARE * len(self.documents):
            why = f"{unanswered} of {len(differences)} documents failed"
            return Judged(replace(about, decision="INCOMPARABLE", reasons=(why,)), open=False)
        if not open_ and not certain and coverage < rule.coverage:
            short = f"{100 * coverage:.1f} % of the documents, {100 * rule.coverage:g} % needed"
            return Judged(replace(about, decision="INCOMPARABLE", reasons=(short,)), open=False)
        return Judged(about, open=open_)

    def _estimate(self, differences: FloatArray, found: Look) -> Estimate | None:
        """Return the mean so far, which stopping biases, with the interval, which it doesn't."""
        known = differences[~np.isnan(differences)]
        if not len(known):
            return None
        method = METHOD if self.codes is None else f"{METHOD}, clustered"
        bounds = found.interval or "all documents were asked"
        confidence = 1 - 2 * self.subject.rule.alpha
        return built(float(known.mean()), method, bounds, len(known), confidence)

    def _reasons(self, found: Look, unanswered: int) -> tuple[str, ...]:
        reasons = list(self.subject.accepted)
        if found.decision == "INCONCLUSIVE":
            reasons = ["neither side is certain"]
            if self._regressed_alone(found):
                reasons = [f"regressed before correction for {self.design.tests} tests only"]
        if found.decision is None:
            reasons = ["left open"]
        if unanswered:
            reasons.append(f"{unanswered} failed, each counted against the decision")
        return tuple(reasons)

    def _regressed_alone(self, found: Look) -> bool:
        """Say whether this had been REGRESSED as the only test."""
        if found.failing >= log(self.design.threshold):
            return True
        bound = norm.isf((1 - EARLY_SHARE) * self.design.alpha)
        return found.final is not None and found.final < -float(bound)


def _final_p(found: Look, unanswered: int) -> tuple[float | None, float | None]:
    """Return p of PASS and REGRESSED at the look at all units; one of them if answers are missing.

    None before that look.
    """
    if found.final is None:
        return None, None
    passed, regressed = float(norm.sf(found.final)), float(norm.cdf(found.final))
    if not unanswered:
        return passed, regressed
    return (None, regressed) if found.decision == "REGRESSED" else (passed, None)


def trial_of(subject: Eligible, order: Order, target: Target, tests: int) -> Trial:
    """Fix a trial, one of so many tests, before its first document is asked."""
    places = {item: i for i, unit in enumerate(order.units) for item in unit}
    ranks = np.array([places[item] for item in subject.items])
    sequence = np.argsort(ranks, kind="stable")
    items = [subject.items[i] for i in sequence]
    codes = unit_codes([item.cluster for item in items])
    units = unit_count(len(items), codes)
    largest = 1 if codes is None else int(np.bincount(codes).max())
    variance = (subject.spread * len(items) / (units * largest)) ** 2
    return Trial(
        subject=subject,
        order=order,
        design=Design(
            margin=subject.about.margin,
            units=units,
            alpha=subject.rule.alpha,
            target=target,
            flips=variance or subject.rule.flips,
            binary=codes is None and is_binary(subject.scores.info, subject.scores.rows),
            tests=tests,
        ),
        documents=tuple((item.document, item.request_hash) for item in items),
        positions=ranks[sequence],
        codes=codes,
        before=subject.scores.rows[sequence, 0],
    )
