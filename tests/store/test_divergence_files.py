"""A KL file is read as it was written, and what isn't one is said, not guessed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError
from harness.results.divergence import DocumentDivergence, PairDivergence
from harness.store import Store
from harness.store.divergences import divergence_held, read_divergences, write_divergence

IDENTITY = {
    "reference": "a" * 64,
    "candidate": "b" * 64,
    "task": "texts",
    "backend": {"backend": "hf", "dtype": "float32", "max_length": 512},
}


def document(name: str = "d1", **changes: Any) -> DocumentDivergence:
    settings: dict[str, Any] = {
        "document": name,
        "request": "r1",
        "cluster": None,
        "tokens": 10,
        "forward": 2.5,
        "reverse": 3.5,
        "variation": 1.5,
    }
    return DocumentDivergence(**settings | changes)


def pair(*documents: DocumentDivergence, **identity: Any) -> PairDivergence:
    return PairDivergence(
        identity=IDENTITY | identity,
        row="texts",
        capability="general",
        language="zh",
        documents=documents or (document("文一"), document("d2", cluster="c", forward=-1e-9)),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evals")


def test_a_pair_is_read_as_it_was_written_and_found_by_its_identity(store: Store) -> None:
    written = [pair(), pair(task="others"), pair(backend={"dtype": "bfloat16"})]
    for each in written:
        write_divergence(store, each)
    found = read_divergences(store)
    assert len(found) == 3
    assert all(each in found for each in written)
    assert [divergence_held(store, each.identity) for each in written] == written
    assert divergence_held(store, {**IDENTITY, "task": "never"}) is None
    names = [path.name for path in (store.root / "pairs").iterdir()]
    assert all(name.startswith(f"kl-{'a' * 16}-{'b' * 16}-") for name in names)


def test_a_store_without_pairs_has_none(store: Store) -> None:
    assert read_divergences(store) == []
    assert divergence_held(store, IDENTITY) is None


def test_a_later_write_replaces_the_whole(store: Store) -> None:
    write_divergence(store, pair())
    write_divergence(store, pair(document("d3")))
    assert read_divergences(store) == [pair(document("d3"))]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace('"tokens": 10', '"tokens": "ten"'), "documents.0.tokens"),
        (lambda text: text.replace('"tokens": 10', '"tokens": 0'), "no sums over tokens"),
        (lambda text: text.replace('"forward": 2.5', '"forward": NaN'), "damaged"),
        (lambda text: text.replace('"forward": 2.5', '"forward": -2.5'), "no two distributions"),
        (lambda text: text.replace('"variation": 1.5', '"variation": 11'), "no two distributions"),
        (lambda text: text.replace('"document": "d2"', '"document": "文一"'), "one stands twice"),
        (lambda text: text.replace('"format_version": 1', '"format_version": 99'), "newer"),
        (lambda text: text.replace('"task": "texts"', '"task": "lies"'), "another pair"),
        (lambda text: text.replace("b" * 64, "../../etc"), "no fingerprint"),
        (lambda text: text.replace('"capability": "general"', '"capability": "g"'), "capability"),
        (lambda text: text.replace('"backend": {', '"back": {'), "identity.backend"),
        (lambda text: '{"format_version": 1}', "damaged KL"),
        (lambda text: "[]", "damaged"),
    ],
)
def test_a_file_that_is_none_of_ours_is_one_line(
    store: Store, damage: Callable[[str], str], expected: str
) -> None:
    write_divergence(store, pair())
    (path,) = (store.root / "pairs").iterdir()
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StoreError, match=expected) as caught:
        read_divergences(store)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "a.b", None])
def test_no_fingerprint_leaves_the_folder(store: Store, name: str | None) -> None:
    for side in ("reference", "candidate"):
        with pytest.raises(StoreError, match="no fingerprint"):
            write_divergence(store, pair(**{side: name}))
    assert not (store.root.parent / "etc").exists()


def test_a_number_that_is_none_is_refused_before_it_is_written(store: Store) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_divergence(store, pair(document(forward=float("inf"))))
    assert not (store.root / "pairs").exists()
