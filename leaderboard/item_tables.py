"""Documents along a chain, and the choices of one of them, as data frames of text; pure."""

from collections.abc import Sequence
from string import ascii_uppercase

import pandas as pd

from harness.render import MISSING, number
from harness.render.headline import reason_text
from harness.render.numbers import unit_text
from harness.results.items import Choice, Exchange, Item, Items, ItemStage

__all__ = ["choices_frame", "fates_text", "items_frame", "letters", "stage_text"]

_ENDED = {"ok": "", "error": "error"}


def items_frame(found: Items, items: Sequence[Item]) -> pd.DataFrame:
    """Return a line for each document: what became of it, and what each checkpoint made of it."""
    rows = [
        {"document": item.document}
        | ({} if found.no_fates else {"fate": item.fate or MISSING})
        | {
            name: stage_text(found, stage)
            for name, stage in zip(found.chain, item.stages, strict=True)
        }
        for item in items
    ]
    return pd.DataFrame(rows, columns=None if rows else ["document"])


def stage_text(found: Items, stage: ItemStage | None) -> str:
    """Return ``right``, ``wrong: no answer``, ``0.412 bits/byte``; a dash for no score."""
    if stage is None:
        return MISSING
    why = (stage.reason or "").replace("_", " ")
    if stage.status != "ok" and not why:
        why = stage.status.replace("_", " ")
    if found.no_fates is None and stage.value is not None:
        word = "right" if stage.value == 1 else "wrong"
        return f"{word}: {why}" if why and why != word else word
    value = MISSING if stage.value is None else _value(stage.value, found)
    return f"{value}, {why}" if why and why != "wrong" else value


def fates_text(found: Items) -> str:
    """Return how many documents had which fate, and along which chain."""
    chain = " → ".join(found.chain)
    counts = ", ".join(f"{n:,} {fate}" for fate, n in found.fates.items())
    said = f"{len(found.items):,} documents along {chain} by {found.info.name}"
    said += f": {counts}." if counts else f". No fates: {found.no_fates}."
    unknown = len(found.items) - sum(found.fates.values())
    if counts and unknown:
        said += f" {unknown:,} aren't scored at every stage."
    if found.qualified:
        why = reason_text(found.qualified)
        said += f" What changed may not be the weights' doing alone ({why})."
    if found.missing:
        said += f" Without comparable evidence: {', '.join(found.missing)}."
    return said


def letters(choices: Sequence[Choice]) -> list[str]:
    """Return a short name for each choice: its letter, its number beyond Z."""
    names = [*ascii_uppercase][: len(choices)]
    return [*names, *(str(i + 1) for i in range(len(names), len(choices)))]


def choices_frame(chain: Sequence[str], known: Sequence[Exchange | None]) -> pd.DataFrame:
    """Return the choices of one document with their log-probabilities at each checkpoint.

    An asterisk marks the choice that was picked.
    """
    first = next(each.choices for each in known if each and each.choices)
    rows = []
    for i, (name, choice) in enumerate(zip(letters(first), first, strict=True)):
        row = {"": name, "choice": choice.text, "correct": "yes" if choice.correct else ""}
        for checkpoint, each in zip(chain, known, strict=True):
            row[checkpoint] = _logprob(each.choices[i] if each and i < len(each.choices) else None)
        rows.append(row)
    return pd.DataFrame(rows)


def _logprob(choice: Choice | None) -> str:
    if choice is None:
        return MISSING
    mean = choice.per_character
    each = "" if mean in (None, choice.logprob) else f" ({number(mean, 'nats')})"
    return f"{number(choice.logprob, 'nats')}{each}{' *' if choice.picked else ''}"


def _value(value: float, found: Items) -> str:
    return f"{number(value, found.info.unit)} {unit_text(found.info.unit)}".rstrip()
