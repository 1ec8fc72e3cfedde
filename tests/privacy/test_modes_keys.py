"""The key of a store's owner is made once, kept apart, and decides which cells are meant."""

import os
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import pytest
from wards import Aligntax, Ward, evaluate

from harness.analysis.comparability import compare
from harness.errors import UsageError
from harness.privacy.keys import OwnerKey, owner_key
from harness.records import digest

QUIZ = {"name": "first", "kind": "multiple_choice", "capability": "domain", "data": "first.jsonl"}


def made(folder: str) -> str:
    os.environ["XDG_CONFIG_HOME"] = folder
    return owner_key(Path(folder) / "evals").id


def test_a_key_is_made_for_its_owner_alone_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    key = owner_key(tmp_path / "evals")
    path = tmp_path / "config" / "aligntax" / "key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32
    assert owner_key(tmp_path / "evals") == key
    assert [*path.parent.iterdir()] == [path]
    assert key.secret.hex() not in repr(key)


def test_processes_that_need_the_first_key_at_once_get_the_same(tmp_path: Path) -> None:
    with get_context("fork").Pool(4) as pool:
        assert len({*pool.map(made, [str(tmp_path)] * 16)}) == 1


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"short", 0o600, "at least 32 bytes, this file 5"),
        (b"k" * 32, 0o644, "everybody can read or write this key; `chmod 600"),
        (None, 0o700, "can't be read or made: Is a directory"),
    ],
)
def test_a_key_that_protects_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, mode: int, said: str
) -> None:
    path = tmp_path / "key"
    path.mkdir() if content is None else path.write_bytes(content)
    path.chmod(mode)
    monkeypatch.setenv("ALIGNTAX_KEY_FILE", str(path))
    with pytest.raises(UsageError, match=said):
        owner_key(tmp_path / "evals")


def test_a_key_in_the_store_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ward: Ward, aligntax: Aligntax
) -> None:
    monkeypatch.setenv("ALIGNTAX_KEY_FILE", str(tmp_path / "evals-sensitive" / "key"))
    code, _, err = aligntax("run", ward("sensitive", tasks=[QUIZ]))
    assert code == 2
    assert "the key lies in the store that it protects" in err
    assert not (tmp_path / "evals-sensitive").exists()


def test_hashes_of_texts_are_told_apart_and_cannot_be_made_without_the_key() -> None:
    ours, theirs = OwnerKey(b"a" * 32), OwnerKey(b"b" * 32)
    assert ours.hash("yes") != theirs.hash("yes")
    assert ours.hash("ab", "c") != ours.hash("a", "bc") != ours.hash("abc")
    assert ours.hash("yes") != digest("yes")
    assert ours.id != theirs.id
    assert len(ours.id) == 16


def test_cells_of_another_owner_are_other_cells_and_say_so(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ward("sensitive", tasks=[QUIZ])
    first, (ours, *_) = evaluate(path)
    monkeypatch.setenv("ALIGNTAX_KEY_FILE", str(tmp_path / "another-key"))
    second, (theirs, *_) = evaluate(path)
    assert not {c.key for c in first.plan.cells} & {c.key for c in second.plan.cells}
    assert len(first.store.cells()) == 4
    found = compare(ours, theirs).comparability
    assert found.verdict == "INCOMPARABLE"
    assert codes(found.reasons) == ["privacy_key_differs"]


def test_cells_of_two_modes_cannot_be_compared_and_say_why(ward: Ward) -> None:
    shown = {mode: evaluate(ward(mode, tasks=[QUIZ]))[1][0] for mode in MODES}
    for a, b in [("accept", "redacted"), ("redacted", "sensitive"), ("sensitive", "accept")]:
        found = compare(shown[a], shown[b]).comparability
        assert found.verdict == "INCOMPARABLE"
        assert codes(found.reasons) == ["privacy_differs"]
    assert len({ours.identity.cell for ours in shown.values()}) == 3


MODES = ("accept", "redacted", "sensitive")


def codes(reasons: Sequence[object]) -> list[str]:
    return [str(reason).split()[0] for reason in reasons]
