"""KL drift, one line for each candidate and task."""

from collections.abc import Sequence

from harness.render.numbers import estimate_text
from harness.render.sections import Section, sections_text
from harness.results.divergence import NEW, OLD, Drift, TaskDivergence

__all__ = ["divergence_section", "divergence_text"]

_HEADS = ("candidate", "reference", "text", "task", "n", "tokens", "KL(ref‖cand)", "KL(cand‖ref)")
_INTRO = (
    "Nats per token, teacher-forced, over the whole vocabulary; n documents, linearised ratio of "
    "sums by document. TV: total variation, 0 to 1."
)


def divergence_text(found: Sequence[Drift]) -> str:
    """Return drifts for a terminal; nothing for none."""
    section = divergence_section(found)
    return "" if section is None else sections_text([section])


def divergence_section(found: Sequence[Drift]) -> Section | None:
    """Return drifts as a section of a longer result; None for none."""
    if not found:
        return None
    rows: list[list[str | int]] = []
    notes = []
    for drift in found:
        for place in drift.places:
            text = f"{_kind(place.capability)}{place.capability}"
            rows += [_line(drift, text, task) for task in place.tasks]
            if len(place.tasks) > 1:
                mean = estimate_text(place.forward, "nats", with_unit=False)
                names = f"{drift.candidate} against {drift.reference}"
                notes.append(f"{names}, {text}: {mean} ({place.forward.method})")
        notes += [
            f"{drift.candidate} against {drift.reference}: nothing was measured on {what}"
            for what in drift.missing
        ]
    numerics = {_numerics(task) for drift in found for p in drift.places for task in p.tasks}
    return Section(
        title="KL DRIFT",
        intro=f"{_INTRO} Computed in {'; '.join(sorted(numerics))}.",
        heads=(*_HEADS, "TV"),
        rows=rows,
        notes=notes,
    )


def _kind(capability: str) -> str:
    return "old: " if capability in OLD else "new: " if capability in NEW else ""


def _line(drift: Drift, text: str, task: TaskDivergence) -> list[str | int]:
    return [
        drift.candidate,
        drift.reference,
        text,
        task.row,
        task.forward.n,
        task.tokens,
        estimate_text(task.forward, "nats", with_unit=False),
        estimate_text(task.reverse, "nats", with_unit=False),
        estimate_text(task.variation, "", with_unit=False),
    ]


def _numerics(task: TaskDivergence) -> str:
    return f"{task.backend.get('dtype')}, max_length {task.backend.get('max_length')}"
