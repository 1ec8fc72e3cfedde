"""What a plan says of a cell before it is asked, in the shape of evidence: all but the scores."""

import numpy as np

from harness.errors import SpecError
from harness.evidence import Evidence, Identity, Scores
from harness.plan import Cell
from harness.records import Status
from harness.scores import metrics_of

__all__ = ["planned_evidence"]


def planned_evidence(cell: Cell) -> Evidence:
    """Return a cell's evidence as if every document had been answered; rows are NaN.

    So it can be compared with a reference before a model runs. Raises SpecError for a cell without
    a metric.
    """
    metrics = [metric.info for metric in metrics_of(cell)]
    if not metrics:
        raise SpecError(f"{cell.title}: no metric is defined for {cell.variant.formulation}")
    answered: Status = "ok"
    n, asked = len(cell.documents), [cell.stored(d) for d in cell.documents]
    content = [cell.veil.content(d) for d in cell.documents]
    return Evidence(
        identity=_identity(cell),
        documents=tuple(id_ for id_, _ in asked),
        document_hashes=tuple(hash_ for hash_, _ in content),
        request_hashes=tuple(request for _, request in asked),
        clusters=tuple(cluster for _, cluster in content),
        statuses=(answered,) * n,
        metrics=tuple(
            Scores(info=info, rows=np.full((n, len(info.columns)), np.nan)) for info in metrics
        ),
        planned=n,
    )


def _identity(cell: Cell) -> Identity:
    hashed = cell.identity
    return Identity(
        cell=cell.key,
        row=cell.row,
        checkpoint=cell.checkpoint.name,
        stage=cell.checkpoint.stage,
        parent=cell.checkpoint.parent,
        fingerprint=hashed["fingerprint"],
        tokenizer=hashed["tokenizer"],
        template=hashed["template"],
        task=cell.task.name,
        task_version=hashed["task_version"],
        kind=cell.task.kind,
        capability=cell.task.card.capability,
        language=cell.task.card.language,
        variant=cell.variant,
        seed=hashed["seed"],
        generation=hashed["generation"],
        backend=hashed["backend"],
        seen_of=cell.seen_of,
        privacy=hashed.get("privacy", {}),
    )
