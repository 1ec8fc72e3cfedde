"""From score layers to the evidence that statistics and analysis read."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar, cast

from harness.errors import DamageError
from harness.evidence import Evidence, Identity, Scores
from harness.records import JSON, Status, Variant
from harness.store.layers import Layer, is_layer_of, read_layer
from harness.store.plans import Wanted, wanted
from harness.store.shapes import check_identity
from harness.store.store import Asked, Store

T = TypeVar("T")


def read_evidence(
    store: Store, run: Mapping[str, JSON], metrics: Collection[str] | None = None
) -> list[Evidence]:
    """Return the evidence of a run's cells as the store holds it now, in the run's order.

    Of a cell only the documents that the run wants count, asked as the run asks them. ``metrics``
    names those that are read besides each cell's primary one; None: all.
    """
    checkpoints = {c["name"]: c for c in run["checkpoints"]}
    found = (_read(store, cell, checkpoints[cell["checkpoint"]], metrics) for cell in run["cells"])
    return [evidence for evidence in found if evidence is not None]


def _read(
    store: Store,
    cell: Mapping[str, JSON],
    checkpoint: Mapping[str, JSON],
    metrics: Collection[str] | None,
) -> Evidence | None:
    try:
        layers = _layers(store, cell, metrics)
        return _evidence(store, cell, checkpoint, layers) if layers else None
    except ValueError as error:  # each file is what it must be, and yet they don't fit each other
        folder = store.scores_folder(cell["key"])
        raise DamageError(f"{folder}: damaged ({error}); run `aligntax rescore`") from None


def _layers(store: Store, cell: Mapping[str, JSON], metrics: Collection[str] | None) -> list[Layer]:
    folder, names = store.scores_folder(cell["key"]), cell["layers"]
    if metrics is not None:
        others = [n for n in names[1:] if any(is_layer_of(n, metric) for metric in metrics)]
        names = [*names[:1], *others]
    paths = [folder / f"{name}.parquet" for name in names]
    return [read_layer(path) for path in paths if path.exists()]


def _evidence(
    store: Store,
    cell: Mapping[str, JSON],
    checkpoint: Mapping[str, JSON],
    layers: Sequence[Layer],
) -> Evidence:
    first, plan = layers[0], wanted(store, cell)
    places = plan.places(first)
    others = ((layer, plan.places(layer)) for layer in layers[1:])
    return Evidence(
        identity=identity_of(store.identity(cell["key"]), cell, checkpoint),
        documents=_picked(first.documents, places),
        document_hashes=_picked(first.document_hashes, places),
        request_hashes=_picked(first.request_hashes, places),
        clusters=_picked(first.clusters, places),
        statuses=cast(tuple[Status, ...], _picked(first.statuses, places)),
        metrics=(
            Scores(info=first.info, rows=first.rows[places]),
            *(
                Scores(info=layer.info, rows=layer.rows[theirs])
                for layer, theirs in others
                if _answers(first, places) == _answers(layer, theirs)
            ),
        ),
        reasons=_picked(first.reasons, places) if first.reasons else (),
        planned=len(plan),
        errors=_unscored(store, cell["key"], plan, (first, places)),
    )


def _unscored(store: Store, key: str, plan: Wanted, scored: tuple[Layer, Sequence[int]]) -> int:
    """Return how many documents of a plan have records and no score.

    Segments are read only if something lacks a score: where all have one, it is enough that there
    are as many records. ValueError where there are fewer.
    """
    layer, places = scored
    if len(places) == len(plan) and store.packed(key) >= len(places):
        return 0
    asked = (layer.documents, layer.request_hashes)
    known = {*zip(*(_picked(column, places) for column in asked), strict=True)}
    held = store.held(key, plan.hash_of)
    if not held.issuperset(known):
        raise ValueError("scores of documents that the cell holds no records of")
    return len(held) - len(known)


def planned(store: Store, cell: Mapping[str, JSON]) -> Mapping[Asked, str]:
    """Return a cell's wanted identities with the hashes of the documents."""
    return wanted(store, cell).hash_of


def _picked(column: tuple[T, ...], places: Sequence[int]) -> tuple[T, ...]:
    return column if len(places) == len(column) else tuple(column[i] for i in places)


def _answers(layer: Layer, places: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Return what a layer's rows speak of; a rescore mends two that don't speak of the same."""
    return _picked(layer.documents, places), _picked(layer.response_hashes, places)


def identity_of(
    hashed: Mapping[str, JSON], cell: Mapping[str, JSON], checkpoint: Mapping[str, JSON]
) -> Identity:
    """Return who a cell asked, from what its key hashes and what an account says of it.

    ValueError for what doesn't say all of it.
    """
    check_identity(hashed)
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
        seen_of=cell.get("seen_of"),
        privacy=hashed.get("privacy", {}),
    )
