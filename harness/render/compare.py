"""A comparison for a terminal, as Markdown and as JSON: only what can be said, and why not more."""

from dataclasses import asdict

from harness.render import compare_chain, compare_drift, compare_scores, compare_training
from harness.render.compare_scores import by_reason
from harness.render.divergence import divergence_section
from harness.render.headline import headline
from harness.render.json_text import json_text
from harness.render.sections import Section, sections_markdown, sections_text
from harness.results import Comparison

_UNSAID = {
    "format": "format or capability can't be told",
    "extraction": "extraction or accuracy can't be told",
    "divergence": "KL to the reference",
    "quantization": "loss by quantization can't be told",
    "items": "not followed by item",
    "gap": "no gap",
}


def comparison_text(found: Comparison) -> str:
    """Return the comparison for a terminal."""
    return sections_text(_sections(found))


def comparison_markdown(found: Comparison) -> str:
    """Return the comparison as GitHub's Markdown."""
    return sections_markdown(_sections(found))


def comparison_json(found: Comparison) -> str:
    """Return the whole comparison as JSON, nothing rounded or left out."""
    headlines = {against.candidate: headline(against) for against in found.against}
    return json_text({"format_version": 1, "headlines": headlines, **asdict(found)})


def _sections(found: Comparison) -> list[Section]:
    made = [
        _head(found),
        compare_scores.changes(found),
        compare_scores.tasks(found),
        compare_scores.tax(found),
        compare_chain.forgetting(found.forgetting),
        compare_chain.items(found.trajectories),
        compare_scores.splits(found.against, "format"),
        compare_scores.splits(found.against, "extraction"),
        compare_drift.perplexity(found),
        divergence_section([a.divergence for a in found.against if a.divergence is not None]),
        compare_drift.calibration(found),
        compare_drift.behaviour(found),
        *compare_training.quantization(found),
        compare_training.gaps(found.gaps),
        compare_training.curves(found.curves),
        *compare_training.fronts(found),
        unsaid_section(found),
    ]
    return [section for section in made if section is not None]


def _head(found: Comparison) -> Section:
    level = f"{100 * found.confidence:g} %"
    chain = " → ".join(
        f"{each.name} ({each.stage}{_of(each.name, each.checkpoint, each.family)})"
        for each in found.checkpoints
    )
    return Section(
        title=chain,
        intro=f"Reference: {found.reference}. {level} intervals in brackets.",
        notes=[headline(against) for against in found.against],
    )


def _of(name: str, checkpoint: str, family: str) -> str:
    return f" of {family}" if name == checkpoint else f", {checkpoint} of {family}"


def unsaid_section(found: Comparison) -> Section | None:
    """Return what can't be said, where, and why; None if there is nothing."""
    lines = []
    for what, words in _UNSAID.items():
        items = [item for a in found.against for item in a.unsaid.get(what, ())]
        items += found.unsaid.get(what, ())
        lines += [f"{words}: {line}" for line in by_reason(items)]
    return Section(title="NOT SAID", notes=lines) if lines else None
