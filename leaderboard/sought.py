"""What a reader of single documents looks for, between the widgets and the analysis; pure."""

from collections.abc import Sequence

import pandas as pd

from harness.results import Fate
from harness.results.items import Wanted

__all__ = ["default_checkpoint", "default_row", "flips", "neighbours", "wanted"]

_SIDES = {"lost at ": "lost", "won at ": "won"}


def flips(chain: Sequence[str]) -> list[str]:
    """Return ``lost at sft``, ``won at sft`` … for every stage but the first."""
    return [f"{said}{name}" for name in chain[1:] for said in _SIDES]


def wanted(
    fate: Fate | None, flip: str | None, reason: str | None, documents: frozenset[str] | None
) -> Wanted:
    """Return what is sought; ``flip`` is one of :func:`flips`."""
    said = next((said for said in _SIDES if flip and flip.startswith(said)), None)
    return Wanted(
        fate=fate,
        turn=None if said is None else ("lost" if _SIDES[said] == "lost" else "won"),
        stage=None if said is None or flip is None else flip.removeprefix(said),
        reason=reason,
        documents=documents,
    )


def default_checkpoint(checkpoints: pd.DataFrame) -> str:
    """Return the last aligned checkpoint of a family's, else the last."""
    aligned = checkpoints[checkpoints["stage"] == "aligned"]
    last: str = (checkpoints if aligned.empty else aligned)["checkpoint"].iloc[-1]
    return last


def default_row(entries: pd.DataFrame, rows: Sequence[str], checkpoint: str) -> str | None:
    """Return a row on which a checkpoint lost or changed, else the first with right and wrong."""
    own = entries[(entries["checkpoint"] == checkpoint) & entries["row"].isin(rows)]
    shares = own[own["unit"] == "%"]
    for words in (("lost",), ("changed", "gained"), tuple(own["wording"].unique())):
        picked = shares[shares["wording"].isin(words)]
        if not picked.empty:
            return str(picked["row"].iloc[0])
    return rows[0] if rows else None


def neighbours(documents: Sequence[str], document: str) -> tuple[str | None, str | None]:
    """Return the documents before and after one of a list; None where there is none."""
    if document not in documents:
        return None, None
    at = documents.index(document)
    before = documents[at - 1] if at else None
    return before, documents[at + 1] if at + 1 < len(documents) else None
