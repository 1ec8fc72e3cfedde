"""What a gate will be able to see, in words."""

from collections.abc import Sequence

from harness.render.escape import visible
from harness.render.lists import columns_text
from harness.render.numbers import MISSING, margin_text
from harness.results.outlook import Outlook, RuleOutlook

_HEADS = ("row", "against", "metric", "margin", "sees", "n", "units", "n needed", "passes", "why")
_ITEMS = ("row", "against", "true difference", "documents", "9 of 10 within", "PASS", "REGRESSED")


def outlook_text(outlook: Outlook) -> str:
    """Return the outlook for a terminal."""
    against = f"{outlook.candidate or 'any candidate'} against {outlook.baseline}"
    lines = [visible(f"plan of the gate: {against}, {len(outlook.rules)} rules"), ""]
    lines.append(columns_text(_HEADS, [_cells(rule) for rule in outlook.rules]))
    items = [line for alike in _alike(outlook.rules) for line in _items(alike)]
    if items:
        lines += ["what a sequential gate asks, by simulation:", "", columns_text(_ITEMS, items)]
    return "\n".join([*lines, *map(visible, _notes(outlook))]) + "\n"


def _cells(rule: RuleOutlook) -> list[str | int]:
    if rule.missing is not None:
        return [rule.row, rule.reference, *[MISSING] * 7, f"INCOMPARABLE: {rule.missing}"]
    return [
        rule.row,
        rule.reference,
        rule.metric,
        margin_text(rule.margin, rule.unit),
        MISSING if rule.detectable is None else margin_text(rule.detectable, rule.unit),
        rule.documents,
        rule.units,
        MISSING if rule.needed is None else rule.needed,
        MISSING if rule.power is None else f"{100 * rule.power:.1f} %",
        _why(rule),
    ]


def _why(rule: RuleOutlook) -> str:
    parts = [] if rule.allowed else ["refused: more documents, or a larger margin"]
    if parts and rule.assumed:
        parts = ["refused unless differences vary less than assumed"]
    if rule.coverage is not None:
        parts.append(f"{100 * rule.coverage:.0f} % are there")
    if rule.not_sequential is not None:
        parts.append(f"not sequential: {rule.not_sequential}")
    return ", ".join(parts) or MISSING


def _alike(rules: Sequence[RuleOutlook]) -> list[list[RuleOutlook]]:
    """Return the rules that a sequential gate can judge, those of equal expectations together."""
    found: dict[tuple[object, ...], list[RuleOutlook]] = {}
    for rule in rules:
        if rule.expected:
            found.setdefault((rule.reference, rule.unit, rule.expected), []).append(rule)
    return list(found.values())


def _items(alike: Sequence[RuleOutlook]) -> list[list[str | int]]:
    rule, more = alike[0], len(alike) - 1
    return [
        [
            rule.row + (f" and {more} more" if more else ""),
            rule.reference,
            margin_text(each.difference, rule.unit),
            round(each.items),
            round(each.tenth),
            f"{100 * each.passed:.0f} %",
            f"{100 * each.regressed:.0f} %",
        ]
        for each in rule.expected
    ]


def _notes(outlook: Outlook) -> list[str]:
    alpha = f"{100 * outlook.alpha:g} %"
    notes = [
        "sees: the smallest loss that is found with 80 % power. passes: the chance of a PASS where "
        "nothing changed, with all documents.",
        f"A PASS where a margin is reached: at most {alpha}, whatever the number of rules, because "
        f"all have to pass. Any false REGRESSED: at most {alpha}, by Holm over "
        f"{len(outlook.rules)} tests.",
    ]
    if outlook.all_pass is not None:
        shown = f"{100 * outlook.all_pass:.1f} %"
        notes.append(f"All rules pass where nothing changed: {shown}, if rows are independent.")
    if any(rule.assumed for rule in outlook.rules):
        notes.append(
            "Of other than right-or-wrong outcomes the differences are assumed to vary as one side "
            "does, which is too much for perplexities; the gate goes by what it finds, if that is "
            "less, and so does this plan with a candidate."
        )
    return [*notes, *outlook.reasons, f"Policy: {outlook.policy} ({outlook.policy_hash[:12]})."]
