"""A verdict in words: terminal, Markdown for a pull request, a page, JUnit, GitHub's own lines.

All are renderings of one object, so they can't disagree.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from math import log
from xml.etree import ElementTree

from harness.render.escape import markdown, visible
from harness.render.lists import columns_text
from harness.render.numbers import MISSING, difference_text, e_text, margin_text, p_text
from harness.render.sections import Section
from harness.results import Decision, Difference, RuleVerdict, Stopped, Verdict

_HEADS = ("decision", "row", "against", "metric", "difference", "margin", "n")
_TESTS = ("p pass", "p regressed", "why")
_SEQUENTIAL_TESTS = ("e pass", "e regressed", "why")
_TARGETS = {
    "distribution": "all documents that might have been asked (target distribution)",
    "benchmark": "these documents alone (target benchmark)",
}
_BOXES: dict[Decision, str] = {
    "PASS": "NOTE",
    "REGRESSED": "CAUTION",
    "INCONCLUSIVE": "WARNING",
    "INCOMPARABLE": "CAUTION",
}
_MARKS: dict[Decision, str] = {
    "PASS": "✓",
    "REGRESSED": "✗",
    "INCONCLUSIVE": "?",
    "INCOMPARABLE": "∅",
}
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8886; }
td { font-variant-numeric: tabular-nums; }
h1 span { padding: .1rem .6rem; border: 2px solid; border-radius: .4rem; }
"""


def verdict_text(verdict: Verdict) -> str:
    """Return the verdict for a terminal."""
    rows = [_cells(rule) for rule in _worst_first(verdict)]
    lines = [headline(verdict)]
    if rows:
        lines += ["", columns_text(_heads(verdict), rows).rstrip("\n")]
    return "\n".join([*lines, "", *(visible(line) for line in _notes(verdict))]) + "\n"


def verdict_section(verdict: Verdict) -> Section:
    """Return the verdict as a section of a longer result."""
    rows = [_cells(rule) for rule in _worst_first(verdict)]
    return Section(
        title=f"{_MARKS[verdict.decision]} {headline(verdict)}",
        heads=_heads(verdict) if rows else (),
        rows=rows,
        notes=_notes(verdict),
    )


def verdict_json(verdict: Verdict) -> str:
    """Return the whole verdict as JSON."""
    content = {"format_version": 1, **asdict(verdict)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def verdict_markdown(verdict: Verdict) -> str:
    """Return the verdict as GitHub's Markdown: an alert, one table, what it rests on."""
    lines = [f"> [!{_BOXES[verdict.decision]}]", f"> **{markdown(headline(verdict))}**", ""]
    if verdict.rules:
        heads = _heads(verdict)
        lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for rule in _worst_first(verdict):
            lines.append(f"| {' | '.join(markdown(str(cell)) for cell in _cells(rule))} |")
    return "\n".join([*lines, "", *(f"{markdown(line)}<br>" for line in _notes(verdict))]) + "\n"


def verdict_html(verdict: Verdict) -> str:
    """Return the verdict as one page that needs no network."""
    head = "".join(f"<th>{escape(name)}</th>" for name in _heads(verdict))
    body = "".join(
        f"<tr>{''.join(f'<td>{_safe(str(cell))}</td>' for cell in _cells(rule))}</tr>"
        for rule in _worst_first(verdict)
    )
    notes = "".join(f"<p>{_safe(line)}</p>" for line in _notes(verdict))
    who = _safe(f"{verdict.candidate} against {verdict.baseline}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{verdict.decision}: {who}</title><style>{_STYLE}</style></head><body>"
        f"<h1><span>{_MARKS[verdict.decision]} {verdict.decision}</span> {who}</h1>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}</body></html>\n"
    )


def verdict_junit(verdict: Verdict) -> str:
    """Return the verdict as JUnit XML: a test case per rule.

    REGRESSED is a failure, INCOMPARABLE an error, INCONCLUSIVE what the policy makes of it: a
    failure or a skipped case.
    """
    suite = ElementTree.Element("testsuite", name="aligntax gate")
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    for rule in verdict.rules:
        name = visible(f"{rule.row} vs {rule.reference}")
        case = ElementTree.SubElement(suite, "testcase", name=name, classname=visible(rule.rule))
        outcome = _outcome(rule)
        if outcome is not None:
            tag, plural = outcome
            counts[plural] += 1
            said = ElementTree.SubElement(
                case, tag, message=visible(f"{rule.decision}: {why(rule)}")
            )
            said.text = visible(_sentence(rule))
    if not verdict.rules:
        counts["errors"] += 1
        case = ElementTree.SubElement(suite, "testcase", name="evidence", classname="gate")
        ElementTree.SubElement(case, "error", message=visible("; ".join(verdict.reasons)))
    suite.set("tests", str(max(1, len(verdict.rules))))
    for key, count in counts.items():
        suite.set(key, str(count))
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def verdict_annotations(verdict: Verdict) -> list[str]:
    """Return GitHub's workflow commands: an error or warning for each rule that isn't PASS."""
    lines = []
    for rule in verdict.rules:
        outcome = _outcome(rule)
        if rule.decision == "PASS" or outcome is None:
            continue
        level = "warning" if outcome[0] == "skipped" else "error"
        title = _command(f"{rule.decision}: {rule.row}", ":,")
        lines.append(f"::{level} title={title}::{_command(_sentence(rule))}")
    if verdict.decision == "INCOMPARABLE" and not verdict.rules:
        lines.append(f"::error title=INCOMPARABLE::{_command('; '.join(verdict.reasons))}")
    return lines


def headline(verdict: Verdict) -> str:
    """Return ``REGRESSED: dpo against sft, 1 of 12 rules``."""
    said = f"{verdict.decision}: {verdict.candidate} against {verdict.baseline}"
    same = sum(rule.decision == verdict.decision for rule in verdict.rules)
    return visible(f"{said}, {same} of {len(verdict.rules)} rules")


def why(rule: RuleVerdict) -> str:
    """Return why a rule came out so; a dash for a plain PASS."""
    parts = list(rule.reasons)
    if rule.stopped is not None:
        parts.append(_stop_text(rule, rule.stopped))
    if rule.declined and rule.decision != "REGRESSED":
        parts.append("declined")
    return ", ".join(parts) or MISSING


def _stop_text(rule: RuleVerdict, stopped: Stopped) -> str:
    clustered = rule.estimate is not None and rule.estimate.method.endswith("clustered")
    of = f"{stopped.of:,} {'clusters' if clustered else 'documents'}"
    if stopped.certified:
        return f"certain after {stopped.n:,} of {of}"
    if rule.decision in ("PASS", "REGRESSED"):
        p = rule.p_pass if rule.decision == "PASS" else rule.p_regressed
        shown = "" if p is None else f", {p_text(p)}"
        return f"by the look at all {of}{shown}"
    return f"not certain after {stopped.n:,} of {of}"


def _worst_first(verdict: Verdict) -> list[RuleVerdict]:
    """Return the rules, what decides the verdict on top; a summary may be cut."""
    order = ("REGRESSED", "INCOMPARABLE", "INCONCLUSIVE", "PASS")
    return sorted(verdict.rules, key=lambda rule: order.index(rule.decision))


def _cells(rule: RuleVerdict) -> list[str | int]:
    estimate = rule.estimate
    return [
        f"{_MARKS[rule.decision]} {rule.decision}",
        visible(rule.row),
        visible(rule.reference),
        visible(rule.metric) or MISSING,
        MISSING if estimate is None else _difference(rule),
        margin_text(rule.margin, rule.unit) if rule.margin else MISSING,
        MISSING if estimate is None else estimate.n,
        *_test_cells(rule),
        visible(why(rule)),
    ]


def _test_cells(rule: RuleVerdict) -> tuple[str, str]:
    if rule.stopped is not None:
        return e_text(rule.stopped.ln_passing), e_text(rule.stopped.ln_failing)
    return p_text(rule.p_pass), p_text(rule.adjusted)


def _stops(verdict: Verdict) -> list[Stopped]:
    return [rule.stopped for rule in verdict.rules if rule.stopped is not None]


def _heads(verdict: Verdict) -> tuple[str, ...]:
    return (*_HEADS, *(_SEQUENTIAL_TESTS if _stops(verdict) else _TESTS))


def _difference(rule: RuleVerdict) -> str:
    assert rule.estimate is not None
    return difference_text(Difference(estimate=rule.estimate, p=None, test=""), rule.unit)


def _sentence(rule: RuleVerdict) -> str:
    about = f"{rule.row} against {rule.reference}"
    if rule.estimate is not None:
        margin = margin_text(rule.margin, rule.unit)
        about += f": {rule.metric} {_difference(rule)}, margin {margin}"
    return f"{about}; {why(rule)}" if why(rule) != MISSING else about


def _notes(verdict: Verdict) -> list[str]:
    rules = verdict.rules
    stops = _stops(verdict)
    notes = [f"Policy: {verdict.policy} ({verdict.policy_hash[:12]})."]
    if any(rule.estimate is not None for rule in rules):
        notes.insert(0, _stopping(verdict, stops) if stops else _testing(verdict))
    if verdict.reasons:
        notes.insert(0, "; ".join(verdict.reasons))
    methods = sorted({r.estimate.method for r in rules if r.estimate is not None})
    if methods:
        notes.append(f"Methods: {', '.join(methods)}.")
    if verdict.unmatched:
        notes.append(f"No rule speaks of: {', '.join(verdict.unmatched)}.")
    return notes


def _testing(verdict: Verdict) -> str:
    return (
        f"Positive differences are better; {_levels(verdict)} intervals, whose bounds are one-sided"
        f" at {100 * verdict.alpha:g} % at most. p pass: of being worse by the margin or more; a "
        "PASS takes every rule. p regressed: of being worse by less than the margin, after Holm "
        f"over {len(verdict.rules)} tests."
    )


def _stopping(verdict: Verdict, stops: Sequence[Stopped]) -> str:
    targets = " and ".join(_TARGETS[t] for t in sorted({stop.target for stop in stops}))
    said = (
        f"Positive differences are better; {_levels(verdict)} intervals, which hold whenever one "
        "stops; the differences themselves are biased by stopping. Sequential, about "
        f"{targets}, asked in an order that was fixed before. e pass: evidence against being worse "
        "by the margin or more; e regressed: against being worse by less."
    )
    needed = sorted({(s.ln_needed, s.tests) for s in stops if s.ln_needed is not None})
    for least, tests in needed:
        most = e_text(least + log(tests))
        more = (
            "as much" if tests == 1 else f"{tests} times as much, e ≥ {most}: one of {tests} tests"
        )
        said += f" A PASS takes e ≥ {e_text(least)} for every rule, REGRESSED {more}."
    return said


def _levels(verdict: Verdict) -> str:
    alphas = {rule.alpha for rule in verdict.rules} or {verdict.alpha}
    return " and ".join(f"{100 * (1 - 2 * alpha):g} %" for alpha in sorted(alphas, reverse=True))


def _outcome(rule: RuleVerdict) -> tuple[str, str] | None:
    if rule.decision == "INCONCLUSIVE" and rule.inconclusive != "fail":
        return None if rule.inconclusive == "pass" else ("skipped", "skipped")
    kinds: dict[Decision, tuple[str, str] | None] = {
        "PASS": None,
        "REGRESSED": ("failure", "failures"),
        "INCONCLUSIVE": ("failure", "failures"),
        "INCOMPARABLE": ("error", "errors"),
    }
    return kinds[rule.decision]


def _safe(text: str) -> str:
    return escape(visible(text))


def _command(text: str, also: Sequence[str] = "") -> str:
    """Escape text for a workflow command as GitHub's toolkit does."""
    for character in ("%", "\r", "\n", *also):
        text = text.replace(character, f"%{ord(character):02X}")
    return text
