"""From score layers to the evidence that statistics and analysis read."""

from collections.abc import Mapping
from typing import TypeVar, cast

from harness.evidence import Evidence, Identity, Scores
from harness.records import JSON, Status, Variant
from harness.store.layers import Layer, read_layer
from harness.store.store import Asked, Store

T = TypeVar("T")


def read_evidence(store: Store, run: Mapping[str, JSON]) -> list[Evidence]:
    """Return the evidence of a run's cells as the store holds it now, in the run's order.

    Of a cell only the documents that the run wants count, asked as the run asks them.
    """
    checkpoints = {c["name"]: c for c in run["checkpoints"]}
    found = (_evidence(store, cell, checkpoints[cell["checkpoint"]]) for cell in run["cells"])
    return [evidence for evidence in found if evidence is not None]


def _evidence(
    store: Store, cell: Mapping[str, JSON], checkpoint: Mapping[str, JSON]
) -> Evidence | None:
    folder = store.scores_folder(cell["key"])
    paths = [folder / f"{name}.parquet" for name in cell["layers"]]
    layers = [read_layer(path) for path in paths if path.exists()]
    if not layers:
        return None
    plan = planned(store, cell)
    first, coverage = layers[0], store.coverage(cell["key"])
    places = _places(first, plan)
    return Evidence(
        identity=_identity(store.identity(cell["key"]), cell, checkpoint),
        documents=_picked(first.documents, places),
        document_hashes=_picked(first.document_hashes, places),
        request_hashes=_picked(first.request_hashes, places),
        clusters=_picked(first.clusters, places),
        statuses=cast(tuple[Status, ...], _picked(first.statuses, places)),
        metrics=tuple(
            Scores(info=layer.info, rows=layer.rows[_places(layer, plan)])
            for layer in layers
            if _same_records(first, layer, plan)
        ),
        planned=len(plan),
        errors=sum(asked in coverage for asked in plan) - len(places),
    )


def planned(store: Store, cell: Mapping[str, JSON]) -> dict[Asked, str]:
    """Return a cell's wanted identities with the hashes of the documents.

    A cell merged from several runs names several plans; the later one wins for a document.
    """
    latest: dict[str, tuple[str, str]] = {}
    for name in cell["plans"]:
        latest |= {id_: (request, content) for id_, request, content in store.plan(name)}
    return {(id_, request): content for id_, (request, content) in latest.items()}


def _places(layer: Layer, plan: Mapping[Asked, str]) -> list[int]:
    """Return the indices of a layer's rows that a plan wants."""
    asked = zip(layer.documents, layer.request_hashes, layer.document_hashes, strict=True)
    return [
        i for i, (id_, request, content) in enumerate(asked) if plan.get((id_, request)) == content
    ]


def _picked(column: tuple[T, ...], places: list[int]) -> tuple[T, ...]:
    return tuple(column[i] for i in places)


def _same_records(first: Layer, layer: Layer, plan: Mapping[Asked, str]) -> bool:
    """Tell whether two layers speak of the same answers; a rescore mends one that doesn't."""
    ours, theirs = _places(first, plan), _places(layer, plan)
    return _picked(first.documents, ours) == _picked(layer.documents, theirs) and _picked(
        first.response_hashes, ours
    ) == _picked(layer.response_hashes, theirs)


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
        kind=hashed["kind"],
        capability=cell["capability"],
        language=cell["language"],
        variant=Variant(
            formulation=hashed["formulation"], format=hashed["format"], shots=hashed["shots"]
        ),
        seed=hashed["seed"],
        generation=hashed["generation"],
        backend=hashed["backend"],
    )
