"""``aligntax compare``: checkpoints against one of them, along the lineage."""

from typing import Annotated

import typer

from harness.cli_store import JsonOption, StoreOption, reading


def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Checkpoints or baselines, the reference first; one alone: against its parent."
        ),
    ],
    reference: Annotated[
        str | None, typer.Option("--reference", help="What to compare with [the first name].")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Print what checkpoints gained, what that cost and what they forgot, all of it paired.

    Several names are taken as a chain in the order given. Exit code 4 if nothing compares.

    Example: aligntax compare base sft aligned --store ./demo
    """
    from harness.analysis.comparison import comparison
    from harness.render import print_out, say
    from harness.render.compare import comparison_json, comparison_markdown, comparison_text

    with reading(store) as here:
        found = comparison(here, names, reference)
    spelled = comparison_markdown if markdown else comparison_text
    print_out(comparison_json(found) if as_json else spelled(found))
    if not found.compares:
        say(f"aligntax: nothing compares with {found.reference}; the reasons stand above")
        raise typer.Exit(4)
