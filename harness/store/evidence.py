"""From score layers to the evidence that statistics and analysis read."""

from collections.abc import Mapping
from typing import cast

from harness.evidence import Evidence, Identity, Scores
from harness.records import JSON, Status, Variant
from harness.store.layers import Layer, read_layer
from harness.store.store import Store


def read_evidence(store: Store, run: Mapping[str, JSON]) -> list[Evidence]:
    """Return the evidence of a run's cells as the store holds it now, in the run's order.

    A cell without a single scored document is left out: it has nothing to say.
    """
    checkpoints = {c["name"]: c for c in run["checkpoints"]}
    found = []
    for cell in run["cells"]:
        evidence = _evidence(store, cell, checkpoints[cell["checkpoint"]])
        if evidence is not None:
            found.append(evidence)
    return found


def _evidence(
    store: Store, cell: Mapping[str, JSON], checkpoint: Mapping[str, JSON]
) -> Evidence | None:
    folder = store.scores_folder(cell["key"])
    paths = [folder / f"{name}.parquet" for name in cell["layers"]]
    layers = [read_layer(path) for path in paths if path.exists()]
    if not layers or not layers[0].documents:
        return None
    first = layers[0]
    errors = sum(held.status == "error" for held in store.coverage(cell["key"]).values())
    return Evidence(
        identity=_identity(store.identity(cell["key"]), cell, checkpoint),
        documents=first.documents,
        document_hashes=first.document_hashes,
        request_hashes=first.request_hashes,
        clusters=first.clusters,
        statuses=cast(tuple[Status, ...], first.statuses),
        metrics=tuple(Scores(info=layer.info, rows=layer.rows) for layer in _aligned(layers)),
        planned=cell["planned"],
        errors=errors,
    )


def _aligned(layers: list[Layer]) -> list[Layer]:
    """Drop layers made from other records than the primary one; a rescore brings them back."""
    first = layers[0]
    return [
        layer
        for layer in layers
        if (layer.documents, layer.request_hashes) == (first.documents, first.request_hashes)
    ]


def _identity(
    hashed: Mapping[str, JSON], cell: Mapping[str, JSON], checkpoint: Mapping[str, JSON]
) -> Identity:
    return Identity(
        cell=cell["key"],
        row=cell["row"],
        checkpoint=checkpoint["name"],
        stage=checkpoint["stage"],
        parent=checkpoint["parent"],
        fingerprint=hashed["fingerprint"],
        tokenizer=hashed["tokenizer"],
        template=hashed["template"],
        task=hashed["task"],
        task_version=hashed["task_version"],
        kind=cell["kind"],
        capability=cell["capability"],
        language=cell["language"],
        variant=Variant(
            formulation=hashed["formulation"], format=hashed["format"], shots=hashed["shots"]
        ),
        seed=hashed["seed"],
        generation=hashed["generation"],
        backend=hashed["backend"],
    )
