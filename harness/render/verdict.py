"""A verdict in words: terminal, Markdown for a pull request, a page, JUnit, GitHub's own lines.

All are renderings of one object, so they can't disagree.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from xml.etree import ElementTree

from harness.render.escape import markdown, visible
from harness.render.lists import columns_text
from harness.render.numbers import MISSING, difference_text, margin_text, p_text
from harness.results import Decision, Difference, RuleVerdict, Verdict

_HEADS = ("decision", "row", "against", "metric", "difference", "margin", "n", "p", "why")
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
        lines += ["", columns_text(_HEADS, rows).rstrip("\n")]
    return "\n".join([*lines, "", *(visible(line) for line in _notes(verdict))]) + "\n"


def verdict_json(verdict: Verdict) -> str:
    """Return the whole verdict as JSON."""
    content = {"format_version": 1, **asdict(verdict)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def verdict_markdown(verdict: Verdict) -> str:
    """Return the verdict as GitHub's Markdown: an alert, one table, what it rests on."""
    lines = [f"> [!{_BOXES[verdict.decision]}]", f"> **{markdown(headline(verdict))}**", ""]
    if verdict.rules:
        lines += [f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
        for rule in _worst_first(verdict):
            lines.append(f"| {' | '.join(markdown(str(cell)) for cell in _cells(rule))} |")
    return "\n".join([*lines, "", *(f"{markdown(line)}<br>" for line in _notes(verdict))]) + "\n"


def verdict_html(verdict: Verdict) -> str:
    """Return the verdict as one page that needs no network."""
    head = "".join(f"<th>{escape(name)}</th>" for name in _HEADS)
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
        certain = "certain" if rule.stopped.certified else "not certain"
        parts.append(f"{certain} after {rule.stopped.n:,} of {rule.stopped.of:,}")
    if rule.declined and rule.decision != "REGRESSED":
        parts.append("declined")
    return ", ".join(parts) or MISSING


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
        margin_text(rule.margin, rule.unit),
        MISSING if estimate is None else estimate.n,
        p_text(rule.adjusted if rule.decision == "REGRESSED" else rule.p_pass),
        visible(why(rule)),
    ]


def _difference(rule: RuleVerdict) -> str:
    assert rule.estimate is not None
    return difference_text(Difference(estimate=rule.estimate, p=None, test=""), rule.unit)


def _sentence(rule: RuleVerdict) -> str:
    found = "no difference" if rule.estimate is None else _difference(rule)
    margin = margin_text(rule.margin, rule.unit)
    about = f"{rule.row} against {rule.reference}: {rule.metric} {found}, margin {margin}"
    return f"{about}; {why(rule)}" if why(rule) != MISSING else about


def _notes(verdict: Verdict) -> list[str]:
    rules = verdict.rules
    levels = sorted({1 - 2 * rule.alpha for rule in rules} or {1 - 2 * verdict.alpha})
    level = " and ".join(f"{100 * level:g} %" for level in levels)
    notes = [
        f"Positive differences are better; {level} intervals, whose bounds are one-sided at "
        f"{100 * verdict.alpha:g} % at most. PASS: worse by the margin is ruled out for every "
        f"rule. REGRESSED: within the margin is ruled out, after Holm over {len(rules)} tests.",
        f"Policy: {verdict.policy} ({verdict.policy_hash[:12]}).",
    ]
    if verdict.reasons:
        notes.insert(0, "; ".join(verdict.reasons))
    methods = sorted({r.estimate.method for r in rules if r.estimate is not None})
    if methods:
        notes.append(f"Methods: {', '.join(methods)}.")
    if verdict.unmatched:
        notes.append(f"No rule speaks of: {', '.join(verdict.unmatched)}.")
    return notes


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
