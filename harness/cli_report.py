"""``aligntax report``: pages about a family, to read, to send and to keep."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli_store import StoreOption, opened


def report(
    family: Annotated[
        str | None, typer.Argument(help="The family [a page for each that the store has].")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into; it is made.")] = Path(
        "report"
    ),
    formats: Annotated[
        str, typer.Option("--format", help="Comma-separated: markdown, html, json.")
    ] = "markdown,html,json",
    share_safe: Annotated[
        bool, typer.Option("--share-safe", help="Leave out all prompts, targets and answers.")
    ] = False,
    store: StoreOption = None,
) -> None:
    """Write what each stage gained, cost and forgot, with charts, examples, methods and sources.

    One page a family: Markdown, HTML that needs no network, and JSON, all from the same numbers.
    Files of the same names are replaced. Texts of private cells are never written.

    Example: aligntax report medical-demo --store ./demo --out ./report
    """
    from harness.errors import EvidenceError, UsageError
    from harness.lineage import nearest
    from harness.render import print_out
    from harness.report.files import FORMATS, write_report
    from harness.report.gather import families_of, report_of

    wanted = list(dict.fromkeys(name.strip() for name in formats.split(",") if name.strip()))
    unknown = next((name for name in wanted if name not in FORMATS), None)
    if unknown is not None or not wanted:
        hint = nearest(unknown, [*FORMATS]) if unknown else ""
        raise UsageError(f"--format: no format {unknown!r}; there are {', '.join(FORMATS)}{hint}")
    here = opened(store)
    known = families_of(here)
    if not known:
        raise EvidenceError(f"{here.root}: no run in it; `aligntax run` makes one")
    if family is not None and family not in known:
        raise EvidenceError(f"{here.root}: no family {family!r}; it has {', '.join(known)}")
    for name in [family] if family else known:
        made = report_of(here, name, share_safe=share_safe)
        for path in write_report(made, out, wanted):
            print_out(str(path))
