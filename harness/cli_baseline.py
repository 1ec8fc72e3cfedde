"""``aligntax baseline``: names that stand for a checkpoint's evidence as it was at a time."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli_store import JsonOption, StoreOption, opened

if TYPE_CHECKING:
    from harness.store.refs import Ref

baseline_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Of the baseline: main, pr/482 ...")]


@baseline_app.callback()
def baseline() -> None:
    """Name what gates compare with, move the names, carry their evidence to other machines.

    A baseline keeps its evidence as it was set, whatever its family's later runs do.

    Example: aligntax baseline set main base
    """


@baseline_app.command("set")
def set_command(
    name: NameArgument,
    checkpoint: Annotated[
        str, typer.Argument(help="A checkpoint, family:checkpoint, or another baseline.")
    ],
    store: StoreOption = None,
) -> None:
    """Let a name stand for a checkpoint with the evidence that the store has of it now.

    Example: aligntax baseline set main base
    """
    from harness.analysis.subjects import find_subject
    from harness.errors import EvidenceError
    from harness.store.refs import Move, account_of, write_ref

    here = opened(store)
    subject = find_subject(here, checkpoint)
    if subject.fingerprint is None or not subject.rows:
        raise EvidenceError(f"{here.root}: {checkpoint} has no evidence yet; run it first")
    move = Move.now(subject.checkpoint, subject.fingerprint, "set")
    _told(write_ref(here, name, account_of(subject.account, subject.checkpoint), move))


@baseline_app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="One baseline, with its log [all].")] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """List the baselines, or show one with the log of its moves.

    Example: aligntax baseline show main
    """
    from dataclasses import asdict

    from harness.render import columns_text, json_text, print_out
    from harness.store.refs import read_refs

    here = opened(store)
    refs = read_refs(here) if name is None else [_found(here.root, name)]
    if as_json:
        print_out(json_text([asdict(ref) for ref in refs]))
        return
    if name is None:
        rows = [
            (r.name, r.checkpoint, r.account["family"], len(r.account["cells"]), r.log[-1].time)
            for r in refs
        ]
        print_out(columns_text(("baseline", "checkpoint", "family", "rows", "since"), rows))
        return
    moves = [(m.time, m.checkpoint, m.fingerprint[:12], m.why) for m in refs[0].log]
    print_out(columns_text(("time", "checkpoint", "weights", "why"), moves))
    cells = [(cell["row"], cell["capability"]) for cell in refs[0].account["cells"]]
    print_out("\n" + columns_text(("row", "capability"), cells))


@baseline_app.command()
def promote(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The baseline that is taken.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The baseline that moves.")],
    store: StoreOption = None,
) -> None:
    """Let one baseline stand for what another stands for, after a gate has passed it.

    Example: aligntax baseline promote pr/482 main
    """
    from harness.store.refs import Move, write_ref

    here = opened(store)
    ref = _found(here.root, source)
    move = Move.now(ref.checkpoint, ref.log[-1].fingerprint, f"promoted from {source}")
    _told(write_ref(here, target, ref.account, move))


@baseline_app.command("export")
def export_command(
    name: NameArgument,
    output: Annotated[Path, typer.Option("--output", help="The file to write, a zip.")],
    store: StoreOption = None,
) -> None:
    """Write a baseline with all its evidence to one file, for machines that start empty.

    Example: aligntax baseline export main --output baseline.zip
    """
    from harness.render import print_out
    from harness.store.archive import export_ref

    here = opened(store)
    files = export_ref(here, _found(here.root, name), output)
    print_out(f"{output}: baseline {name}, {files:,} files, {output.stat().st_size:,} bytes")


@baseline_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="What `aligntax baseline export` wrote.")],
    store: StoreOption = None,
) -> None:
    """Add an exported baseline to a store, which may be a new one.

    Example: aligntax baseline import baseline.zip --store ./evals
    """
    from harness.store import Store
    from harness.store.archive import import_refs

    for ref in import_refs(Store(store or Path("evals")), file):
        _told(ref)


@baseline_app.command()
def rm(name: NameArgument, store: StoreOption = None) -> None:
    """Forget a baseline; `aligntax store gc` then removes what nothing else refers to.

    Example: aligntax baseline rm pr/482
    """
    from harness.render import say
    from harness.store.refs import remove_ref

    remove_ref(opened(store), name)
    say(f"{name}: forgotten")


def _found(root: Path, name: str) -> "Ref":
    from harness.errors import EvidenceError
    from harness.lineage import nearest
    from harness.store import Store
    from harness.store.refs import read_ref, read_refs

    here = Store(root)
    ref = read_ref(here, name)
    if ref is None:
        known = [each.name for each in read_refs(here)]
        hint = nearest(name, known) or f"; it has {', '.join(known) or 'none'}"
        raise EvidenceError(f"{root}: no baseline {name!r}{hint}")
    return ref


def _told(ref: "Ref") -> None:
    from harness.render import print_out, visible

    rows, family = len(ref.account["cells"]), visible(ref.account["family"])
    print_out(
        f"{ref.name}: {visible(ref.checkpoint)} of {family}, {rows} rows; "
        f"{visible(ref.log[-1].why)}"
    )
