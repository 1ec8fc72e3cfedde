import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.data import Row
from harness.errors import DataError
from harness.kinds.documents import scored_and_examples, scored_only


class Rows:
    """Data in memory that counts how often it is read."""

    def __init__(self, rows: Sequence[dict], shots: Sequence[dict] | DataError | None = None):
        self._rows, self._shots = rows, shots
        self.reads: list[str] = []

    def rows(self, folder: Path | None) -> Sequence[Row]:
        self.reads.append(f"rows {folder}")
        return [Row(fields, "set.jsonl", line) for line, fields in enumerate(self._rows, 1)]

    def shot_rows(self, folder: Path | None) -> Sequence[Row] | None:
        self.reads.append(f"shots {folder}")
        if isinstance(self._shots, DataError):
            raise self._shots
        if self._shots is None:
            return None
        return [Row(fields, "shots.jsonl", line) for line, fields in enumerate(self._shots, 1)]


def text(row: Row) -> dict:
    return {"text": row.text("text")}


def numbered(count: int, start: int = 0) -> list[dict]:
    return [{"id": f"d{n}", "text": f"text {n}"} for n in range(start, start + count)]


def ids(documents) -> list[str]:
    return [document.id for document in documents]


def hash_order(names) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())


def test_the_pool_is_the_eight_smallest_hashes_and_never_scored():
    documents, examples = scored_and_examples(Rows(numbered(100)), text)
    assert ids(examples(None)) == hash_order(f"d{n}" for n in range(100))[:8]
    assert len(documents(None)) == 92
    assert not set(ids(examples(None))) & set(ids(documents(None)))


def test_documents_keep_the_order_of_the_file():
    documents, examples = scored_and_examples(Rows(numbered(100)), text)
    pool = ids(examples(None))
    assert ids(documents(None)) == [f"d{n}" for n in range(100) if f"d{n}" not in pool]


def test_the_pool_does_not_depend_on_the_order_of_the_file():
    rows = numbered(60)
    _, forward = scored_and_examples(Rows(rows), text)
    _, backward = scored_and_examples(Rows(rows[::-1]), text)
    assert forward(None) == backward(None)


def test_a_limit_on_documents_changes_neither_pool_nor_documents():
    documents, examples = scored_and_examples(Rows(numbered(100)), text)
    limited = documents(None)[:10]
    before = examples(None)
    assert limited == documents(None)[:10]
    assert examples(None) == before
    assert not set(ids(limited)) & set(ids(before))


@pytest.mark.parametrize(("count", "scored", "pool"), [(23, 23, 0), (24, 16, 8), (1, 1, 0)])
def test_sets_under_24_documents_give_up_none(count: int, scored: int, pool: int):
    documents, examples = scored_and_examples(Rows(numbered(count)), text)
    assert (len(documents(None)), len(examples(None))) == (scored, pool)


def test_a_twin_of_a_pool_document_is_not_scored():
    rows = numbered(40)
    first = hash_order(row["id"] for row in rows)[0]
    twin = {"id": "twin", "text": next(row["text"] for row in rows if row["id"] == first)}
    # The twin's own hash must not bring it into the pool, or there would be nothing to test.
    assert hash_order([row["id"] for row in rows] + ["twin"]).index("twin") > 8
    documents, examples = scored_and_examples(Rows([*rows, twin]), text)
    assert first in ids(examples(None))
    assert "twin" not in ids(documents(None))


def test_a_few_shot_split_leaves_every_document_scored():
    documents, examples = scored_and_examples(Rows(numbered(30), numbered(12, 100)), text)
    assert len(documents(None)) == 30
    assert ids(examples(None)) == hash_order(f"d{n}" for n in range(100, 112))


def test_an_example_that_is_also_scored_is_left_out_of_the_examples():
    shots = [*numbered(3, 100), {"id": "other-id", "text": "text 7"}]
    documents, examples = scored_and_examples(Rows(numbered(30), shots), text)
    assert "other-id" not in ids(examples(None))
    assert len(examples(None)) == 3
    assert "d7" in ids(documents(None))


def test_equal_ids_in_two_splits_are_no_clash():
    rows, shots = [{"id": 1, "text": "asked"}], [{"id": 1, "text": "shown"}]
    documents, examples = scored_and_examples(Rows(rows, shots), text)
    assert ids(documents(None)) == ids(examples(None)) == ["1"]


def test_a_missing_few_shot_split_only_matters_to_shots():
    missing = DataError("set/dev.jsonl is needed and isn't there")
    documents, examples = scored_and_examples(Rows(numbered(30), missing), text)
    assert len(documents(None)) == 30
    with pytest.raises(DataError, match=r"dev\.jsonl is needed"):
        examples(None)


def test_each_file_is_read_once_per_folder():
    data = Rows(numbered(30), numbered(3, 100))
    documents, examples = scored_and_examples(data, text)
    for folder in (None, Path("a"), None, Path("a")):
        documents(folder)
        examples(folder)
    assert sorted(data.reads) == ["rows None", "rows a", "shots None", "shots a"]


def test_a_row_without_id_is_named_by_its_content():
    rows = [{"text": "a"}, {"id": 17, "text": "b"}, {"text": "c"}, {"text": "a"}]
    documents, _ = scored_only(Rows(rows), text)
    first, named, other, copy = ids(documents(None))
    assert named == "17"
    assert first != other
    assert copy == f"{first}-2"
    fewer, _ = scored_only(Rows(rows[2:]), text)
    assert ids(fewer(None)) == [other, first]


def test_a_double_id_names_both_lines():
    rows = [{"id": "x", "text": "a"}, {"text": "b"}, {"id": "x", "text": "c"}]
    documents, _ = scored_only(Rows(rows), text)
    with pytest.raises(DataError, match=r"^set\.jsonl:3: id 'x' is used twice, first in line 1$"):
        documents(None)


@pytest.mark.parametrize("value", ["", "  ", 1.5, True, ["a"]])
@pytest.mark.parametrize("field", ["id", "cluster"])
def test_names_must_be_text_or_whole_numbers(field: str, value: object):
    documents, _ = scored_only(Rows([{"text": "a", field: value}]), text)
    with pytest.raises(DataError, match=rf"set\.jsonl:1: field '{field}' must be"):
        documents(None)


def test_clusters_are_kept():
    rows = [{"text": "a", "cluster": "p1"}, {"text": "b", "cluster": 2}, {"text": "c"}]
    documents, _ = scored_only(Rows(rows), text)
    assert [d.cluster for d in documents(None)] == ["p1", "2", None]


def test_nothing_left_to_score_is_an_error():
    documents, _ = scored_and_examples(Rows(numbered(3)), lambda row: None)
    with pytest.raises(DataError, match=r"set\.jsonl: no document is left to score"):
        documents(None)


def test_a_kind_without_examples_scores_everything():
    documents, examples = scored_only(Rows(numbered(100)), text)
    assert len(documents(None)) == 100
    assert examples(None) == ()
