"""A reference with its evidence as one file, for machines that start empty.

An uncompressed zip of the store's own files: refs, cells, score layers and plans.
It is data from elsewhere: names must be ones that a store has, nothing can swell when it is read,
segments must hash to their names, and evidence that is there already is never overwritten.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from harness.errors import DataError
from harness.store.files import disk, write_whole
from harness.store.refs import Ref, read_ref
from harness.store.store import Store

__all__ = ["export_ref", "import_refs"]

_KEY = "[0-9a-f]{64}"
_SAFE = "[A-Za-z0-9_-]{1,240}"
_MEMBER = re.compile(
    rf"refs/[A-Za-z0-9._%-]{{1,240}}\.json|runs/plans/{_KEY}\.json|cells/{_KEY}/cell\.json"
    rf"|cells/{_KEY}/segments/{_KEY}\.parquet|scores/{_KEY}/{_SAFE}\.parquet"
)
_SEGMENT = re.compile(rf"cells/{_KEY}/segments/({_KEY})\.parquet")
_MOST_FILES = 1_000_000


def export_ref(store: Store, ref: Ref, target: Path) -> int:
    """Write a reference and all that its numbers rest on to one file; return how many files.

    Journals of its cells are sealed first, so that segments hold everything. Raises StoreError.
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
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return len(members)


def import_refs(store: Store, source: Path) -> list[Ref]:
    """Unpack an exported file into a store; return the references that it brought.

    Nothing is written unless every member is what a store has. Raises DataError for a file that is
    no such export, StoreError if the store can't be written.
    """
    try:
        with disk(source, "read"), zipfile.ZipFile(source) as archive:
            names = _checked(source, archive)
            order = sorted(names, key=lambda name: name.startswith("refs/"))  # evidence first
            for name in order:
                path = store.root / name
                if name.startswith("refs/") or not path.exists():
                    write_whole(path, archive.read(name))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(f"{source}: not an exported baseline ({error})") from None
    found = [read_ref(store, _named(name)) for name in names if name.startswith("refs/")]
    return [ref for ref in found if ref is not None]


def _members(store: Store, ref: Ref) -> Iterator[str]:

    yield f"refs/{quote(ref.name, safe='')}.json"
    for cell in ref.account["cells"]:
        key = cell["key"]
        yield f"cells/{key}/cell.json"
        for path in sorted((store.root / "cells" / key / "segments").glob("*.parquet")):
            yield f"cells/{key}/segments/{path.name}"
        for layer in cell["layers"]:
            if (store.root / "scores" / key / f"{layer}.parquet").exists():
                yield f"scores/{key}/{layer}.parquet"
        for plan in cell["plans"]:
            yield f"runs/plans/{plan}.json"


def _checked(source: Path, archive: zipfile.ZipFile) -> list[str]:
    infos = archive.infolist()
    if len(infos) > _MOST_FILES:
        raise DataError(f"{source}: {len(infos):,} files; more than a baseline has; not unpacked")
    if not any(info.filename.startswith("refs/") for info in infos):
        raise DataError(f"{source}: no baseline in it; make one with `aligntax baseline export`")
    for info in infos:
        if not _MEMBER.fullmatch(info.filename):
            raise DataError(f"{source}: {info.filename!r} is no file of a store; not unpacked")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > info.compress_size:
            raise DataError(f"{source}: {info.filename!r} is compressed; not unpacked")
        named = _SEGMENT.fullmatch(info.filename)
        if named and hashlib.sha256(archive.read(info)).hexdigest() != named.group(1):
            raise DataError(f"{source}: {info.filename}: damaged, its hash isn't its name")
    return [info.filename for info in infos]


def _named(member: str) -> str:

    return unquote(Path(member).stem)
