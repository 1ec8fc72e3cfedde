"""``aligntax import``: evidence that others have computed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from harness.cli_store import JsonOption, StoreOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.importing.conflicts import Prefer
    from harness.records import Capability, Privacy, Stage

_PRIVACIES = ("redacted", "sensitive", "accept")

import_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


FolderArgument = Annotated[
    Path, typer.Argument(help="What --output_path was, or one results_*.json.", metavar="DIR")
]
FamilyOption = Annotated[
    str | None, typer.Option("--family", help="The family it belongs to [the folder's name].")
]
StageOption = Annotated[
    str | None,
    typer.Option("--stage", help="base, cpt, sft, aligned, merged, quantized [base, or sft]."),
]
ParentOption = Annotated[
    str | None, typer.Option("--parent", help="The checkpoint that it was made from.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Name of the one checkpoint [its last folder].")
]
CapabilityOption = Annotated[
    list[str] | None,
    typer.Option("--capability", help="What tasks test: TASK=alignment; repeatable [general]."),
]
PreferOption = Annotated[
    str | None, typer.Option("--prefer", help="Where results differ: newest or oldest counts.")
]
PrivacyOption = Annotated[
    str | None,
    typer.Option("--privacy", help="What is kept of texts: redacted, sensitive, accept."),
]


@import_app.callback()
def import_() -> None:
    """Read results of other harnesses into a store.

    Example: aligntax import lm-eval ./lm-eval-out --family smollm2-med
    """


@import_app.command("lm-eval")
def lm_eval(
    folder: FolderArgument,
    family: FamilyOption = None,
    stage: StageOption = None,
    parent: ParentOption = None,
    name: NameOption = None,
    capability: CapabilityOption = None,
    prefer: PreferOption = None,
    privacy: PrivacyOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Read lm-eval's results (0.4.x): per sample where samples exist, else bare numbers.

    What couldn't be mapped is listed on standard error. Exit code 4 if nothing could be.

    Example: aligntax import lm-eval ./lm-eval-out --family smollm2-med --stage sft --parent base
    """
    from harness.import_listings import print_import
    from harness.importing import Request, import_lm_eval
    from harness.privacy.shield import shielded
    from harness.records import STAGES

    request = Request(
        place=folder,
        store=store or Path("evals"),
        family=family,
        stage=cast("Stage | None", _one_of("--stage", stage, STAGES)),
        parent=parent,
        name=name,
        capabilities=_capabilities(capability or []),
        prefer=cast("Prefer | None", _one_of("--prefer", prefer, ("newest", "oldest"))),
        privacy=cast("Privacy | None", _one_of("--privacy", privacy, _PRIVACIES)),
    )
    with shielded(request.privacy, typer.Exit):
        print_import(import_lm_eval(request), as_json=as_json)


def _one_of(option: str, value: str | None, known: "Sequence[str]") -> str | None:
    from harness.errors import UsageError

    if value is None or value in known:
        return value
    raise UsageError(f"{option}: {value!r} is none of {', '.join(known)}")


def _capabilities(given: "Sequence[str]") -> "dict[str, Capability]":
    """Return capabilities by pattern of task names; one that stands alone is for all tasks."""
    from harness.records import CAPABILITIES

    found: dict[str, Capability] = {}
    for one in given:
        pattern, _, said = one.rpartition("=")
        chosen = _one_of(f"--capability {one}", said, CAPABILITIES)
        found[pattern or "*"] = cast("Capability", chosen)
    return found
