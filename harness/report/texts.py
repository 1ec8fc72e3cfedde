"""Documents that turned, with what was asked, what was wanted and what each stage answered."""

from harness.render.headline import reason_text
from harness.render.numbers import number, unit_text
from harness.report.parts import Part, Quote
from harness.report.results import Answer, Chain, Example


def examples_part(chain: Chain, last: str, *, share_safe: bool) -> Part | None:
    """Return a chain's examples; None if there is none and nothing has to be said of it."""
    if share_safe:
        return Part(title="Examples", intro="Left out: this report can be shared.")
    if not chain.examples and not chain.silent:
        return None
    quiet = [f"No texts of {line}." for line in chain.silent]
    return Part(
        title=f"Answers that {last} lost, and some that it won",
        intro="One document a task, from the rows where most turned; long texts are cut.",
        notes=quiet,
        parts=[_example(example, last, _care(chain, example.row)) for example in chain.examples],
    )


def _care(chain: Chain, row: str) -> str:
    """Return what else differs between the last two of a chain on a row; empty: nothing."""
    found, (before, last) = chain.comparison, chain.comparison.checkpoints[-2:]
    reasons = [
        reason
        for each in found.trajectories
        for flips in each.flips
        if (each.row, flips.reference, flips.candidate) == (row, before.name, last.name)
        for reason in flips.qualified
    ]
    reasons += [
        reason
        for each in found.forgetting.rows
        for anchor in each.anchored
        if (each.row, anchor.reference) == (row, before.name)
        for reason in anchor.qualified
    ]
    return reason_text(tuple(dict.fromkeys(reasons)))


def _example(example: Example, last: str, care: str) -> Part:
    more = f" What changed may not be the weights' doing alone ({care})." if care else ""
    word = "lost" if example.turn == "lost" else "won"
    quotes = [Quote(label="asked", text=example.asked, answer=False)]
    if example.wanted:
        quotes.append(Quote(label="wanted", text=example.wanted, answer=False))
    quotes += [_answer(answer, example) for answer in example.answers]
    return Part(
        title=f"{example.row}: {word}",
        intro=f"Document {example.document}; {last} {word} {example.of:,} of {example.n:,} "
        f"documents of this row against its parent.{more}",
        quotes=quotes,
    )


def _answer(answer: Answer, example: Example) -> Quote:
    notes = []
    if answer.right is not None:
        notes.append("right" if answer.right else "wrong")
    elif answer.value is not None:
        shown = f"{number(answer.value, example.unit)} {unit_text(example.unit)}".rstrip()
        notes.append(f"{example.metric} {shown}")
    if answer.status != "ok":
        notes.append(answer.status.replace("_", " "))
    if answer.limited:
        notes.append("ended at its limit")
    return Quote(label=answer.checkpoint, text=answer.text, note=", ".join(notes))
