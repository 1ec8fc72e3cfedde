"""One sentence about a candidate: what it gained, what that cost, and where it cost most."""

from collections.abc import Sequence
from dataclasses import replace

from harness.records import CAPABILITIES, Estimate
from harness.render.numbers import estimate_text, signed_text
from harness.results import Against, GroupDelta, Reason, TaxStatement

BITS = "bits/byte"
UNPAIRED = "no paired evidence: unpaired standard error only"


def headline(found: Against) -> str:
    """Return the sentence about a candidate against the reference."""
    return tax_headline(found.tax, [row.change.wording for row in found.rows if row.unit == BITS])


def tax_headline(tax: TaxStatement, perplexities: Sequence[str] = ()) -> str:
    """Return the sentence of a statement; numbers are points from guessing (0) to the best (100).

    ``perplexities`` are the wordings of the perplexity rows, which enter no tax. A group with a
    task that was asked in another way has changed, whatever its interval: nothing is said to be
    gained or paid there.
    """
    sought, kept = tax.aligned, tax.kept
    parts = [f"{tax.candidate} against {tax.reference}: {_gain(sought)} and {_cost(kept)}"]
    if kept is not None and (worst := kept.worst).delta.value < 0:
        word = "lowest" if worst.qualified else "worst"
        parts.append(f"{word}: {worst.task} {signed_text(worst.delta, '%', False)}")
    if certain := certified_losses(tax):
        parts.append(f"certain to have lost: {', '.join(certain)}")
    if rose := perplexities.count("lost"):
        known = len(perplexities) - perplexities.count("not comparable")
        parts.append(f"perplexity rose beyond its interval on {rose} of {known} rows")
    return f"{'; '.join(parts)}."


def certified_losses(tax: TaxStatement) -> tuple[str, ...]:
    """Return the tasks that certainly lost, those to be kept first."""
    groups = (group for group in (tax.kept, tax.aligned) if group is not None)
    return tuple(dict.fromkeys(task for group in groups for task in group.certified))


def group_name(group: GroupDelta) -> str:
    """Return ``general and domain``."""
    inside = {task.capability for task in group.tasks}
    return " and ".join(capability for capability in CAPABILITIES if capability in inside)


def reason_text(reasons: tuple[Reason, ...]) -> str:
    """Return why a comparison needs care: ``asked differently: format differs plain, chat``."""
    said = [str(reason).replace("_", " ") for reason in reasons if reason.code != "unpaired"]
    parts = [UNPAIRED] if any(reason.code == "unpaired" for reason in reasons) else []
    return "; ".join([*parts, *([f"qualified: {', '.join(said)}"] if said else [])])


def gain_words(group: GroupDelta | None) -> str:
    """Return ``gained``, ``lost``, ``changed`` or ``no clear gain``, or why there is none."""
    if group is None:
        return "no comparable alignment task"
    if group.qualified:
        return "changed"
    if _above(group.net):
        return "gained"
    return "lost" if _below(group.net) else "no clear gain"


def _gain(group: GroupDelta | None) -> str:
    word = gain_words(group)
    if group is None:
        return f"nothing is known of a gain ({word})"
    over, net = _over(group), group.net
    match word:
        case "changed":
            return f"changed by {signed_text(net, '%', False)} on {over}"
        case "gained":
            return f"gained {signed_text(net, '%', False)} on {over}"
        case "lost":
            return f"lost {_turned(net)} on {over}"
    return f"no clear gain on {over}: {signed_text(net, '%', False)}"


def _cost(group: GroupDelta | None) -> str:
    if group is None:
        return "nothing is known of its cost (no comparable task that it should have kept)"
    over, net = _over(group), group.net
    if group.qualified:
        return f"changed by {signed_text(net, '%', False)} on {over}"
    if _below(net):
        return f"cost {_turned(net)} on {over}"
    if _above(net):
        return f"no net cost on {over}: net {signed_text(net, '%', False)}"
    return f"no clear net cost on {over}: net {signed_text(net, '%', False)}"


def _over(group: GroupDelta) -> str:
    count = len(group.tasks)
    said = f"{count} task{'s' if count > 1 else ''}"
    reasons = reason_text(group.qualified)
    return f"{group_name(group)} ({said}{f'; {reasons}' if reasons else ''})"


def _above(net: Estimate) -> bool:
    return net.low is not None and net.low > 0


def _below(net: Estimate) -> bool:
    return net.high is not None and net.high < 0


def _turned(net: Estimate) -> str:
    """Return a loss as a positive number."""
    low, high = (None if bound is None else -bound for bound in (net.high, net.low))
    return estimate_text(replace(net, value=-net.value, low=low, high=high), "%", with_unit=False)
