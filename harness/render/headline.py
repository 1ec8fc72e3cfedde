"""One sentence about a candidate: what it gained, what that cost, and where it cost most."""

from dataclasses import replace

from harness.records import CAPABILITIES, Estimate
from harness.render.numbers import estimate_text, signed_text
from harness.results import Against, GroupDelta, Reason

UNPAIRED = "no paired evidence: unpaired standard error only"


def headline(found: Against) -> str:
    """Return the sentence; numbers are points between guessing (0) and the best possible (100).

    A group with a task that was asked in another way has changed, whatever its interval: nothing is
    said to be gained or paid there.
    """
    sought, kept = found.tax.aligned, _kept(found)
    sentence = f"{found.candidate} against {found.reference}: {_gain(sought)} and {_cost(kept)}"
    if kept is None:
        return f"{sentence}."
    worst = kept.worst
    if worst.delta.value < 0:
        word = "lowest" if worst.qualified else "worst"
        sentence += f"; {word}: {worst.task} {signed_text(worst.delta, '%', False)}"
    if kept.certified:
        sentence += f"; certain to have lost: {', '.join(kept.certified)}"
    return f"{sentence}."


def group_name(group: GroupDelta) -> str:
    """Return ``general and domain``."""
    inside = {task.capability for task in group.tasks}
    return " and ".join(capability for capability in CAPABILITIES if capability in inside)


def reason_text(reasons: tuple[Reason, ...]) -> str:
    """Return why a comparison needs care: ``asked differently: format differs plain, chat``."""
    said = [str(reason).replace("_", " ") for reason in reasons if reason.code != "unpaired"]
    parts = [UNPAIRED] if any(reason.code == "unpaired" for reason in reasons) else []
    return "; ".join([*parts, *([f"qualified: {', '.join(said)}"] if said else [])])


def _kept(found: Against) -> GroupDelta | None:
    """Return the tasks that a candidate should have kept, without those whose gain was sought."""
    sought = found.tax.aligned
    if sought is not None and any(task.capability == "domain" for task in sought.tasks):
        return found.tax.groups.get("general")
    return found.tax.retained


def _gain(group: GroupDelta | None) -> str:
    if group is None:
        return "nothing is known of a gain (no comparable alignment task)"
    over, net = _over(group), group.net
    if group.qualified:
        return f"changed by {signed_text(net, '%', False)} on {over}"
    if _above(net):
        return f"gained {signed_text(net, '%', False)} on {over}"
    if _below(net):
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
        return f"cost nothing on {over}: net {signed_text(net, '%', False)}"
    return f"no clear cost on {over}: net {signed_text(net, '%', False)}"


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
