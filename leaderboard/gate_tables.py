"""Verdicts of gates as data frames of text and as what charts are drawn from; pure."""

from collections.abc import Sequence

import pandas as pd

from harness.render import MISSING, number
from harness.render.charts import Delta
from harness.render.numbers import margin_text, signed_text
from harness.render.verdict import why
from harness.results import RuleVerdict, Verdict
from harness.results.history import Judgement, RuleHistory

__all__ = [
    "course",
    "deltas",
    "evidence_frame",
    "history_frame",
    "rules_numbers",
    "sides_frame",
    "spared_frame",
    "spared_text",
    "units",
    "verdicts_frame",
]

_MARKS = {"PASS": "✓", "REGRESSED": "✗", "INCONCLUSIVE": "?", "INCOMPARABLE": "∅"}
_COLUMNS = 8
"""Verdicts of a rule's history that a table shows, the newest."""


def verdicts_frame(found: Sequence[Judgement]) -> pd.DataFrame:
    """Return a line for each verdict."""
    return pd.DataFrame([_verdict(one) for one in found])


def evidence_frame(verdict: Verdict) -> pd.DataFrame:
    """Return a line for each rule, in the policy's order: the evidence that it was judged on."""
    return pd.DataFrame([_evidence(rule) for rule in verdict.rules])


def rules_numbers(verdict: Verdict) -> pd.DataFrame:
    """Return the numbers behind a verdict, own scale; positive differences are better."""
    return pd.DataFrame([_numbers(rule) for rule in verdict.rules])


def sides_frame(one: Judgement) -> pd.DataFrame:
    """Return what a verdict rests on."""
    return pd.DataFrame(
        [
            {
                "side": side.name,
                "family": side.family,
                "checkpoint": side.checkpoint,
                "weights": (side.fingerprint or MISSING)[:12],
                "cells": side.cells,
            }
            for side in one.sides
        ]
    )


def spared_frame(one: Judgement) -> pd.DataFrame:
    """Return what a sequential gate left unasked, row by row."""
    return pd.DataFrame(
        [
            {
                "row": each.row,
                "asked": each.asked,
                "of": each.of,
                "spared": each.of - each.asked,
                "seconds spared": MISSING
                if each.seconds is None
                else number(each.seconds, "points"),
            }
            for each in one.spared
        ]
    )


def spared_text(one: Judgement) -> str:
    """Return one sentence on what stopping early spared; empty for a gate of fixed size."""
    if one.share is None:
        return ""
    said = f"Stopped early: {one.asked:,} of {one.of:,} documents (or clusters) were looked at, "
    said += f"{number(one.share, '%')} % were spared"
    if one.seconds is not None:
        all_known = all(each.seconds is not None for each in one.spared)
        about = f"{'about' if all_known else 'at least'} {number(one.seconds, 'points')} seconds"
        said += f", {about} of asking at the pace of the others"
    return f"{said}."


def units(verdict: Verdict) -> list[str]:
    """Return the units of rules that have a difference, as they first come."""
    return list(dict.fromkeys(rule.unit for rule in verdict.rules if rule.estimate is not None))


def deltas(verdict: Verdict, unit: str) -> list[Delta]:
    """Return the differences of one unit with their margins; positive is better."""
    several = len({rule.reference for rule in verdict.rules}) > 1
    return [
        Delta(
            label=f"{rule.row} ({rule.reference})" if several else rule.row,
            value=rule.estimate.value,
            low=rule.estimate.low,
            high=rule.estimate.high,
            margin=rule.margin,
        )
        for rule in verdict.rules
        if rule.unit == unit and rule.estimate is not None
    ]


def history_frame(rules: Sequence[RuleHistory], found: Sequence[Judgement]) -> pd.DataFrame:
    """Return a line for each rule, row and reference, a column for each of the newest verdicts."""
    shown = found[-_COLUMNS:]
    lines = []
    for rule in rules:
        by_name = {one.name: its for one, its in rule.found}
        line = {"rule": rule.rule, "row": rule.row, "against": rule.reference}
        for one in shown:
            its = by_name.get(one.name)
            line[_head(one)] = MISSING if its is None else f"{_decision(its)} {_difference(its)}"
        lines.append(line)
    return pd.DataFrame(lines)


def course(rule: RuleHistory) -> list[Delta]:
    """Return one rule's differences over time, the oldest first; positive is better."""
    return [
        Delta(
            label=_head(one),
            value=its.estimate.value if its.estimate else None,
            low=its.estimate.low if its.estimate else None,
            high=its.estimate.high if its.estimate else None,
            margin=its.margin,
        )
        for one, its in rule.found
    ]


def _verdict(one: Judgement) -> dict[str, str]:
    verdict = one.verdict
    passed = sum(rule.decision == "PASS" for rule in verdict.rules)
    return {
        "time": _time(one),
        "verdict": f"{_MARKS[verdict.decision]} {verdict.decision}",
        "candidate": verdict.candidate,
        "baseline": verdict.baseline,
        "rules passed": f"{passed} of {len(verdict.rules)}",
        "spared": MISSING if one.share is None else f"{number(one.share, '%')} %",
        "exit": str(verdict.exit_code),
        "policy": f"{verdict.policy} ({verdict.policy_hash[:12]})",
        "why": "; ".join(verdict.reasons) or _why(verdict),
    }


def _why(verdict: Verdict) -> str:
    """Return the rows that decided it, the first of them by name."""
    rows = [rule.row for rule in verdict.rules if rule.decision == verdict.decision]
    if verdict.decision == "PASS" or not rows:
        return MISSING
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"{', '.join(rows[:3])}{more}"


def _evidence(rule: RuleVerdict) -> dict[str, str]:
    covered = MISSING if rule.coverage is None else f"{number(rule.coverage, '%')} %"
    needed = "" if rule.required is None else f", {number(rule.required, '%')} % needed"
    smallest = rule.detectable
    return {
        "rule": rule.rule,
        "row": rule.row,
        "against": rule.reference,
        "documents": str(rule.estimate.n) if rule.estimate else MISSING,
        "coverage": f"{covered}{needed}",
        "smallest loss that shows": MISSING
        if smallest is None
        else margin_text(smallest, rule.unit),
        "method": rule.estimate.method if rule.estimate else MISSING,
    }


def _numbers(rule: RuleVerdict) -> dict[str, object]:
    estimate, stopped = rule.estimate, rule.stopped
    return {
        "decision": rule.decision,
        "rule": rule.rule,
        "row": rule.row,
        "reference": rule.reference,
        "metric": rule.metric,
        "unit": rule.unit,
        "difference": estimate.value if estimate else None,
        "low": estimate.low if estimate else None,
        "high": estimate.high if estimate else None,
        "n": estimate.n if estimate else None,
        "method": estimate.method if estimate else "",
        "margin": rule.margin,
        "alpha": rule.alpha,
        "p_pass": rule.p_pass,
        "p_regressed": rule.p_regressed,
        "adjusted": rule.adjusted,
        "coverage": rule.coverage,
        "required": rule.required,
        "detectable": rule.detectable,
        "looked_at": stopped.n if stopped else None,
        "of": stopped.of if stopped else None,
        "why": why(rule),
    }


def _decision(rule: RuleVerdict) -> str:
    return f"{_MARKS[rule.decision]} {rule.decision}"


def _difference(rule: RuleVerdict) -> str:
    return MISSING if rule.estimate is None else signed_text(rule.estimate, rule.unit)


def _head(one: Judgement) -> str:
    return f"{one.verdict.candidate} {_time(one)}"


def _time(one: Judgement) -> str:
    return one.time[:19].replace("T", " ")
