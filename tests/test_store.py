"""Records survive, coverage grows, and nothing half-written counts."""

import fcntl
import json
import os
import re
import resource
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.records import (
    Generate,
    Generation,
    Likelihood,
    LogLikelihood,
    RollingLogLikelihood,
    SampleRecord,
    digest,
)
from harness.store import Store
from harness.store.codec import record_from_json, record_to_json

IDENTITY = {"fingerprint": "f", "task": "quiz"}
KEY = digest(IDENTITY)


def record(document: str, logprob: float = -1.0, **changes: object) -> SampleRecord:
    fields = {
        "cell": KEY,
        "document": document,
        "status": "ok",
        "fields": {"question": f"{document}?"},
        "requests": (LogLikelihood(f"{document}?", " yes"),),
        "responses": (Likelihood(logprob=logprob, tokens=1),),
    }
    return SampleRecord(**(fields | changes))  # type: ignore[arg-type]


def fill(store: Store, *records: SampleRecord) -> None:
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append(records)


def one_by_one(store: Store, records: list[SampleRecord]) -> None:
    with store.open_cell(KEY, IDENTITY) as writer:
        for one in records:
            writer.append([one])


def killed(store: Store, *records: SampleRecord) -> Path:
    """Let a process append records and die by SIGKILL; return the journal that it left."""
    child = os.fork()
    if child == 0:
        store.open_cell(KEY, IDENTITY).append(records)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (journal,) = store.root.glob("cells/*/journal-*")
    return journal


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, record("b"), record("a"))
    assert store.records(KEY) == [record("a"), record("b")]
    assert {document for document, _ in store.coverage(KEY)} == {"a", "b"}
    assert store.identity(KEY) == IDENTITY


def test_a_cell_is_the_union_of_segments_and_journals(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, record("a"))
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append([record("b")])
        assert [r.document for r in store.records(KEY)] == ["a", "b"]
    assert [r.document for r in store.records(KEY)] == ["a", "b"]


def test_equal_work_has_equal_names(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, record("a"), record("b"))
    fill(store, record("b"), record("a"))
    assert len(list(tmp_path.glob("cells/*/segments/*"))) == 1


def test_a_document_asked_in_another_way_has_a_record_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path)
    other = record("a", requests=(LogLikelihood("changed?", " yes"),))
    fill(store, record("a"))
    fill(store, other)
    assert sorted(r.request_hash for r in store.records(KEY)) == sorted(
        [record("a").request_hash, other.request_hash]
    )


def test_of_two_records_of_one_identity_the_later_is_current_whatever_arrives_first(
    tmp_path: Path,
) -> None:
    for number, order in enumerate([(0, 1), (1, 0)]):
        store = Store(tmp_path / str(number))
        versions = [record("a", revision=n, fields={"key": n}) for n in (0, 1)]
        for n in order:
            fill(store, versions[n])
        assert store.records(KEY) == [versions[1]]


def test_of_two_different_answers_both_machines_take_the_same(tmp_path: Path) -> None:
    found = []
    for number, order in enumerate([(0, 1), (1, 0)]):
        store = Store(tmp_path / str(number))
        for n in order:
            fill(store, record("a", logprob=-1.0 - n))
        found.append(store.records(KEY))
    assert found[0] == found[1]


def test_an_answer_counts_before_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, record("a"))
    fill(store, record("a", status="error", reason="NaN", responses=()))
    assert [r.status for r in store.records(KEY)] == ["ok"]


def test_a_torn_last_line_is_dropped_and_the_rest_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = killed(store, record("a"), record("b"))
    torn = journal.read_bytes()[:-20]
    journal.write_bytes(torn)
    assert [r.document for r in store.records(KEY)] == ["a"]


def test_a_line_damaged_in_the_middle_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = killed(store, record("a"), record("b"))
    lines = journal.read_bytes().split(b"\n")
    lines[1] = lines[1][:-5]
    journal.write_bytes(b"\n".join(lines))
    with pytest.raises(StoreError, match=r"jsonl:2: damaged record"):
        store.records(KEY)


def test_a_number_that_was_changed_in_a_line_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = killed(store, record("a"), record("b"))
    lines = journal.read_bytes().split(b"\n")
    changed = lines[1].replace(b'"revision":0', b'"revision":1')
    assert changed != lines[1]
    journal.write_bytes(b"\n".join([lines[0], changed, *lines[2:]]))
    with pytest.raises(StoreError, match=r"jsonl:2: damaged record \(its checksum"):
        store.records(KEY)


def test_a_line_without_a_checksum_is_an_older_one_and_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    journal = killed(store, record("a"))
    content = re.sub(rb',"sum":[0-9]+', b"", journal.read_bytes())
    assert b'"sum"' not in content
    journal.write_bytes(content)
    assert store.records(KEY) == [record("a")]


def test_a_killed_writers_journal_is_sealed_by_the_next_run(tmp_path: Path) -> None:
    store = Store(tmp_path)
    killed(store, record("a"))
    store.seal(KEY)
    assert list(tmp_path.glob("cells/*/journal-*")) == []
    assert store.records(KEY) == [record("a")]


def test_a_living_writers_journal_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.open_cell(KEY, IDENTITY) as writer:
        writer.append([record("a")])
        store.seal(KEY)
        assert len(list(tmp_path.glob("cells/*/journal-*"))) == 1


def test_a_flipped_byte_in_a_segment_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, *[record(f"d{i}") for i in range(50)])
    (segment,) = tmp_path.glob("cells/*/segments/*")
    content = bytearray(segment.read_bytes())
    content[200] ^= 0xFF
    segment.write_bytes(content)
    with pytest.raises(StoreError, match=segment.name):
        store.records(KEY)


def test_a_full_disk_is_one_line_and_keeps_what_was_safe(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, record("a"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        with pytest.raises(StoreError, match="can't be written"):
            one_by_one(store, [record(f"d{i}", fields={"x": "y" * 300}) for i in range(50)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert record("a") in store.records(KEY)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, record("a"))
    (cell,) = tmp_path.glob("cells/*/cell.json")
    content = json.loads(cell.read_text())
    cell.write_text(json.dumps(content | {"format_version": 99}))
    with pytest.raises(StoreError, match="newer"):
        store.identity(KEY)


def test_a_writer_whose_journal_was_removed_says_so(tmp_path: Path) -> None:
    writer = Store(tmp_path).open_cell(KEY, IDENTITY)
    writer.append([record("a")])
    for journal in tmp_path.glob("cells/*/journal-*"):
        journal.unlink()
    with pytest.raises(StoreError, match="was removed"), writer:
        pass


def test_no_journal_is_seen_before_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    seen: list[list[str]] = []
    real = fcntl.flock

    def spy(*args: Any) -> None:
        seen.append([p.name for p in tmp_path.glob("cells/*/journal-*")])
        real(*args)

    monkeypatch.setattr(fcntl, "flock", spy)
    fill(store, record("a"))
    assert seen == [[]]


@pytest.mark.parametrize("name", ["../x", "", "a/b", "a\\b", "..", "a b"])
def test_no_name_leaves_the_store(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError):
        Store(tmp_path).open_cell(name, IDENTITY)


text = st.text(max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
asked = st.one_of(
    st.builds(LogLikelihood, text, text),
    st.builds(RollingLogLikelihood, text),
    st.builds(Generate, context=text, stop=st.lists(text, max_size=2).map(tuple)),
)
answers = st.one_of(
    st.builds(Likelihood, logprob=finite, tokens=st.integers(0, 99), greedy=st.booleans()),
    st.builds(
        Generation,
        texts=st.tuples(text),
        finish=st.tuples(st.sampled_from(["stop", "length"])),
        tokens=st.tuples(st.integers(0, 99)),
    ),
)


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        record,
        text,
        fields=st.dictionaries(text, text, max_size=3),
        requests=st.lists(asked, max_size=3).map(tuple),
        responses=st.lists(answers, max_size=3).map(tuple),
        cluster=st.none() | text,
        reason=st.none() | text,
    )
)
def test_any_record_survives_journal_and_json(original: SampleRecord) -> None:
    assert record_from_json(json.loads(json.dumps(record_to_json(original)))) == original
