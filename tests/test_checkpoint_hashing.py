"""Large files are read once per machine."""

import hashlib
import json
from pathlib import Path

import pytest

import harness.hashing
from harness.hashing import file_hash

LARGE = b"x" * (1 << 20)


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "aligntax" / "hashes.json"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    done: list[Path] = []
    read = harness.hashing._read

    def noted(file: Path) -> str:
        done.append(file)
        return read(file)

    monkeypatch.setattr(harness.hashing, "_read", noted)
    return done


def test_a_large_file_is_read_once_until_it_changes(
    tmp_path: Path, memory: Path, reads: list[Path]
) -> None:
    file = tmp_path / "weights"
    file.write_bytes(LARGE)
    assert file_hash(file) == file_hash(file) == hashlib.sha256(LARGE).hexdigest()
    assert len(reads) == 1
    file.write_bytes(LARGE + b"y")
    assert file_hash(file) == hashlib.sha256(LARGE + b"y").hexdigest()
    assert len(reads) == 2
    assert len(json.loads(memory.read_text())) == 1


def test_a_replaced_file_of_equal_size_and_time_is_read_again(
    tmp_path: Path, memory: Path, reads: list[Path]
) -> None:
    import os

    file = tmp_path / "weights"
    file.write_bytes(LARGE)
    file_hash(file)
    stat = file.stat()
    (tmp_path / "new").write_bytes(LARGE[:-1] + b"z")
    (tmp_path / "new").replace(file)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert file_hash(file) == hashlib.sha256(LARGE[:-1] + b"z").hexdigest()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"PATH": 3}', '{"PATH": [1]}', '{"PATH": [1, 2, 3, 4]}']
)
def test_a_damaged_memory_costs_a_reading_only(
    tmp_path: Path, memory: Path, reads: list[Path], content: str
) -> None:
    file = tmp_path / "weights"
    file.write_bytes(LARGE)
    memory.parent.mkdir(parents=True)
    memory.write_text(content.replace("PATH", str(file)))
    assert file_hash(file) == file_hash(file) == hashlib.sha256(LARGE).hexdigest()
    assert len(reads) == 1


def test_an_unwritable_memory_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "weights").write_bytes(LARGE)
    assert file_hash(tmp_path / "weights") == hashlib.sha256(LARGE).hexdigest()


def hub_blob(folder: Path, name: str, content: bytes = LARGE) -> Path:
    """Return a snapshot's link to a blob, as the hub's client lays them out."""
    blob = folder / "models--org--name" / "blobs" / name
    blob.parent.mkdir(parents=True)
    blob.write_bytes(content)
    snapshot = folder / "models--org--name" / "snapshots" / "0123" / "model.safetensors"
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(blob)
    return snapshot


def test_the_hubs_own_sha256_is_taken_for_it(
    tmp_path: Path, memory: Path, reads: list[Path]
) -> None:
    value = hashlib.sha256(LARGE).hexdigest()
    assert file_hash(hub_blob(tmp_path, value)) == value
    assert reads == []
    (tmp_path / "copy").write_bytes(LARGE)
    assert file_hash(tmp_path / "copy") == value


@pytest.mark.parametrize("name", ["0" * 40, "0" * 64 + "x", "Z" * 64])
def test_another_name_of_a_blob_is_no_hash(
    tmp_path: Path, memory: Path, reads: list[Path], name: str
) -> None:
    """Small files are named by git's sha1 of something else than their content."""
    assert file_hash(hub_blob(tmp_path, name)) == hashlib.sha256(LARGE).hexdigest()
    assert len(reads) == 1


def test_a_link_outside_the_hubs_cache_is_read(
    tmp_path: Path, memory: Path, reads: list[Path]
) -> None:
    blob = tmp_path / "blobs" / ("0" * 64)
    blob.parent.mkdir()
    blob.write_bytes(LARGE)
    (tmp_path / "link").symlink_to(blob)
    assert file_hash(tmp_path / "link") == hashlib.sha256(LARGE).hexdigest()


def test_a_gguf_files_vocabulary_is_read_once_per_machine(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gguf

    from harness.gguf_metadata import tokenizer_of

    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_token_list(["<s>", "a"])
    writer.add_bos_token_id(0)
    writer.add_chat_template("{{ bos_token }}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    first = tokenizer_of(tmp_path / "m.gguf")
    assert first[1]["bos_token"] == "<s>"
    harness.hashing._recalled.clear()  # as a new process begins

    def fail(*_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(gguf, "GGUFReader", fail)
    assert tokenizer_of(tmp_path / "m.gguf") == first
    harness.hashing._recalled.clear()
    known = json.loads(memory.with_name("gguf.json").read_text())
    damaged = {name: [*seen[:3], {"identity": 3}] for name, seen in known.items()}
    memory.with_name("gguf.json").write_text(json.dumps(damaged))
    with pytest.raises(AssertionError):
        tokenizer_of(tmp_path / "m.gguf")
