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
