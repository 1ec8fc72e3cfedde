"""A reference with its evidence as one file, for machines that start empty.

An uncompressed zip of the store's own files: refs, cells, score layers and plans.
It is data from elsewhere: names must be ones that a store has, contents must hash to them, nothing
can swell when it is read, and evidence that is there already is added to, never overwritten.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from harness.errors import DamageError, DataError, EvidenceError
from harness.records import digest
from harness.store.bounds import ACCOUNT, strict_json
from harness.store.files import disk, write_whole
from harness.store.joining import joined
from harness.store.layers import read_layer, write_columns
from harness.store.refs import Move, Ref, parse_ref, write_ref
from harness.store.store import Store

__all__ = ["export_ref", "import_refs"]

_KEY = "[0-9a-f]{64}"
_SAFE = "[A-Za-z0-9_-]{1,240}"
_REF = re.compile(r"refs/([A-Za-z0-9._%-]{1,250}\.json)")
_CELL = re.compile(rf"cells/({_KEY})/cell\.json")
_PLAN = re.compile(rf"runs/plans/({_KEY})\.json")
_SEGMENT = re.compile(rf"cells/{_KEY}/segments/({_KEY})\.parquet")
_LAYER = re.compile(rf"scores/({_KEY})/{_SAFE}\.parquet")
_MOST_FILES = 1_000_000


def export_ref(store: Store, ref: Ref, target: Path) -> int:
    """Write a reference and all that its numbers rest on to one file; return how many files.

    Journals of its cells are sealed first, so that segments hold everything. Raises EvidenceError
    where something that it rests on has gone, StoreError.
    """
    for cell in ref.account["cells"]:
        store.seal(cell["key"])
    members = sorted(set(_members(store, ref)))
    part = target.with_name(f".part-{target.name}")
    with disk(target, "written"):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
                for member in members:
                    archive.write(store.root / member, member)
            part.replace(target)
        except FileNotFoundError as error:
            why = f"{error.filename} has gone; run again, or set the baseline anew"
            raise EvidenceError(f"baseline {ref.name!r}: {why}") from None
        finally:
            part.unlink(missing_ok=True)
    return len(members)


def import_refs(store: Store, source: Path) -> list[Ref]:
    """Unpack an exported file into a store; return the references that it brought.

    Nothing is written unless every member is what a store has. Raises DataError for a file that is
    no such export, StoreError if it can't be read or the store can't be written.
    """
    try:
        with disk(source, "read"), zipfile.ZipFile(source) as archive:
            refs = _checked(source, archive)
            for name in (info.filename for info in archive.infolist()):
                if _LAYER.fullmatch(name):
                    continue
                if not _REF.fullmatch(name) and not (store.root / name).exists():
                    write_whole(store.root / name, archive.read(name))
            for name in filter(_LAYER.fullmatch, archive.namelist()):
                _add_layer(store, name, archive.read(name))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(f"{source}: not an exported baseline ({error})") from None
    return [write_ref(store, r.name, r.account, _move(r, source), r.log) for r in refs]


def _move(ref: Ref, source: Path) -> Move:
    last = ref.log[-1]
    return Move.now(last.checkpoint, last.fingerprint, f"imported from {source.name}")


def _members(store: Store, ref: Ref) -> Iterator[str]:
    yield f"refs/{quote(ref.name, safe='')}.json"
    for cell in ref.account["cells"]:
        key = cell["key"]
        yield f"cells/{key}/cell.json"
        for path in store.segments(key):
            yield f"cells/{key}/segments/{path.name}"
        for layer in cell["layers"]:
            if (store.scores_folder(key) / f"{layer}.parquet").exists():
                yield f"scores/{key}/{layer}.parquet"
        for plan in cell["plans"]:
            yield f"runs/plans/{plan}.json"


def _add_layer(store: Store, name: str, content: bytes) -> None:
    """Write a layer, or add its rows to the one that is there."""
    path = store.root / name
    if not path.exists():
        write_whole(path, content)
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(content)
        theirs = read_layer(copy)
    try:
        ours = read_layer(path)
    except DamageError:  # it gives way
        write_whole(path, content)
        return
    both = joined(ours, theirs, store.coverage(path.parent.name))
    if both.response_hashes != ours.response_hashes:
        write_columns(path.parent, both)


def _checked(source: Path, archive: zipfile.ZipFile) -> list[Ref]:
    """Return the references of an archive; DataError unless all of it is what a store has."""
    infos = archive.infolist()
    if len(infos) > _MOST_FILES:
        raise DataError(f"{source}: {len(infos):,} files; more than a baseline has; not unpacked")
    if len({info.filename for info in infos}) < len(infos) or _overlap(source, infos):
        raise DataError(f"{source}: a file is in it twice; not unpacked")
    refs = []
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > info.compress_size:
            raise DataError(f"{source}: {info.filename!r} is compressed; not unpacked")
        try:
            if match := _REF.fullmatch(info.filename):
                if info.file_size > ACCOUNT:
                    raise ValueError("too large")
                refs.append(parse_ref(strict_json(archive.read(info)), match.group(1)))
            else:
                _check_member(info.filename, archive)
        except (ValueError, LookupError, TypeError) as error:
            raise DataError(f"{source}: {info.filename!r}: {error}; not unpacked") from None
    if not refs:
        raise DataError(f"{source}: no baseline in it; make one with `aligntax baseline export`")
    return refs


def _overlap(source: Path, infos: Sequence[zipfile.ZipInfo]) -> bool:
    """Tell whether members share bytes: then a small file would stand for a huge one."""
    return sum(info.compress_size for info in infos) > source.stat().st_size


def _check_member(name: str, archive: zipfile.ZipFile) -> None:
    """Raise ValueError, LookupError or TypeError for what isn't a file of a store, by its name."""
    if match := _SEGMENT.fullmatch(name):
        found = hashlib.sha256(archive.read(name)).hexdigest()
    elif match := _CELL.fullmatch(name):
        found = digest(strict_json(archive.read(name))["identity"])
    elif match := _PLAN.fullmatch(name):
        found = digest(strict_json(archive.read(name)))
    elif _LAYER.fullmatch(name):
        return
    else:
        raise ValueError("no file of a store")
    if found != match.group(1):
        raise ValueError("damaged, its content doesn't hash to its name")
