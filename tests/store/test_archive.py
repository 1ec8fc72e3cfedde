"""A baseline as one file: whole when it comes from us, refused when it is anything else."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from many_cells import killed
from planted import Family, Planted

from harness.analysis.subjects import Subject, find_subject
from harness.errors import DamageError, DataError, EvidenceError
from harness.store import Store
from harness.store.archive import export_ref, import_refs
from harness.store.refs import Move, Ref, account_of, read_ref, write_ref

N = 40


@pytest.fixture
def family(tmp_path: Path) -> Family:
    made = Family(tmp_path / "here", N)
    made.plant("sft", Planted(wrong=[1, 2]))
    made.run("sft")
    return made


def store_of(family: Family) -> Store:
    return Store(family.folder / "evals")


def named(store: Store, name: str = "main", checkpoint: str = "sft") -> Ref:
    subject = find_subject(store, checkpoint)
    move = Move.now(checkpoint, str(subject.fingerprint), "set")
    return write_ref(store, name, account_of(subject.account, checkpoint), move)


@pytest.fixture
def exported(family: Family, tmp_path: Path) -> Path:
    store = store_of(family)
    export_ref(store, named(store, "pr/1"), tmp_path / "pr.zip")
    return tmp_path / "pr.zip"


def changed(source: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """Write the archive anew, each member changed."""
    target = source.with_name("changed.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
    return target


def rights(subject: Subject) -> dict[str, float]:
    cell = subject.rows["quiz:plain"]
    return dict(zip(cell.documents, cell.primary.rows[:, 0].tolist(), strict=True))


def test_an_empty_store_gets_all_of_it(exported: Path, family: Family, tmp_path: Path) -> None:
    there = Store(tmp_path / "there")
    (ref,) = import_refs(there, exported)
    assert (ref.name, ref.checkpoint) == ("pr/1", "sft")
    assert rights(find_subject(there, "pr/1")) == rights(find_subject(store_of(family), "sft"))
    (key,) = there.cells()
    assert there.records(key) == store_of(family).records(key)


def test_records_that_a_killed_process_left_are_in_it(family: Family, tmp_path: Path) -> None:
    store = store_of(family)
    (key,) = store.cells()
    records = store.records(key)
    for path in store.segments(key):
        path.unlink()
    killed(store, store.identity(key), *records)
    export_ref(store, named(store), tmp_path / "main.zip")
    there = Store(tmp_path / "there")
    import_refs(there, tmp_path / "main.zip")
    assert there.records(key) == records


def test_a_second_import_adds_to_the_log_and_to_nothing_else(
    exported: Path, tmp_path: Path
) -> None:
    there = Store(tmp_path / "there")
    import_refs(there, exported)
    files = {p: p.read_bytes() for p in there.root.rglob("*.*") if "refs" not in p.parts}
    (ref,) = import_refs(there, exported)
    assert [move.why for move in ref.log] == ["set", *["imported from pr.zip"] * 2]
    assert files == {p: p.read_bytes() for p in there.root.rglob("*.*") if "refs" not in p.parts}


def test_a_name_that_is_there_keeps_its_own_log(exported: Path, family: Family) -> None:
    store = store_of(family)
    import_refs(store, exported)
    found = read_ref(store, "pr/1")
    assert found is not None
    assert [move.why for move in found.log] == ["set", "imported from pr.zip"]


def test_a_larger_baseline_adds_to_the_scores_of_a_smaller_one(
    family: Family, tmp_path: Path
) -> None:
    store, there = store_of(family), Store(tmp_path / "there")
    export_ref(store, named(store), tmp_path / "whole.zip")
    shutil.rmtree(store.root)
    family.run("sft", limit=10)
    export_ref(store, named(store), tmp_path / "part.zip")
    for first, second in (("part", "whole"), ("whole", "part")):
        import_refs(there, tmp_path / f"{first}.zip")
        import_refs(there, tmp_path / f"{second}.zip")
        import_refs(there, tmp_path / "whole.zip")
        cell = find_subject(there, "main").rows["quiz:plain"]
        assert (len(cell.documents), cell.planned) == (N, N)
        assert cell.primary.rows[:, 0].sum() == N - 2
        assert len(cell.reasons) == N
        shutil.rmtree(there.root)


def test_a_baseline_whose_evidence_is_gone_isnt_exported(family: Family, tmp_path: Path) -> None:
    store = store_of(family)
    ref = named(store)
    shutil.rmtree(store.root / "runs" / "plans")
    with pytest.raises(EvidenceError, match="has gone"):
        export_ref(store, ref, tmp_path / "main.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


def _cut(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content[:-1] if name.endswith((".parquet", "cell.json")) else content


def _outside(name: str, content: bytes) -> tuple[str, bytes]:
    return name.replace("runs/plans/", "runs/../../"), content


def _elsewhere(name: str, content: bytes) -> tuple[str, bytes]:
    return name.replace("refs/", "refs/x"), content


def _other_plan(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content.replace(b'"q', b'"p') if name.startswith("runs/") else content


def _other_weights(name: str, content: bytes) -> tuple[str, bytes]:
    is_cell = name.endswith("cell.json")
    return name, content.replace(b"mcf", b"cfm").replace(b'"cf"', b'"gen"') if is_cell else content


def _other_layers(name: str, content: bytes) -> tuple[str, bytes]:
    if not name.startswith("refs/"):
        return name, content
    ref = json.loads(content)
    ref["account"]["cells"][0]["layers"] = ["../../../etc/passwd"]
    return name, json.dumps(ref).encode()


def _no_ref(name: str, content: bytes) -> tuple[str, bytes]:
    return name.replace("refs/pr%2F1.json", f"runs/plans/{'0' * 64}.json"), content


@pytest.mark.parametrize(
    "change", [_cut, _outside, _elsewhere, _other_plan, _other_weights, _other_layers, _no_ref]
)
def test_nothing_is_written_of_a_file_that_isnt_all_ours(
    exported: Path, tmp_path: Path, change: Callable[[str, bytes], tuple[str, bytes]]
) -> None:
    there = Store(tmp_path / "there")
    with pytest.raises(DataError) as caught:
        import_refs(there, changed(exported, change))
    assert "\n" not in str(caught.value)
    assert not there.root.exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"\x00" * 100])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not an exported baseline"):
        import_refs(Store(tmp_path / "there"), path)


def test_compressed_members_are_refused(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "compressed.zip"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(DataError, match="compressed"):
        import_refs(Store(tmp_path / "there"), path)


def test_members_that_share_their_bytes_are_refused(exported: Path, tmp_path: Path) -> None:
    content = io.BytesIO(exported.read_bytes())
    with zipfile.ZipFile(content, "a") as archive:
        largest = max(archive.infolist(), key=lambda info: info.file_size)
        for i in range(1000):
            twin = zipfile.ZipInfo(f"runs/plans/{i:064}.json")
            twin.header_offset, twin.CRC = largest.header_offset, largest.CRC
            twin.file_size = twin.compress_size = largest.file_size
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
        archive._didModify = True  # type: ignore[attr-defined] # writes the directory anew
    path = tmp_path / "twins.zip"
    path.write_bytes(content.getvalue())
    with pytest.raises(DataError):
        import_refs(Store(tmp_path / "there"), path)
    assert not (tmp_path / "there").exists()


def test_a_damaged_baseline_is_said_and_hinders_no_other(family: Family) -> None:
    store = store_of(family)
    named(store)
    named(store, "other")
    (store.root / "refs" / "other.json").write_text('{"format_version": 1}')
    assert find_subject(store, "main").rows
    with pytest.raises(DamageError, match="set the baseline again"):
        find_subject(store, "other")
