"""``aligntax tasks``: the tasks, one task's prompts, a file's data.

``aligntax tasks NAME`` is short for ``aligntax tasks show NAME``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from harness.chat import ChatTemplate


class _ShowIsImplied(TyperGroup):
    """Takes ``tasks NAME`` for ``tasks show NAME``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put ``show`` in front of arguments that name no command."""
        named = next((arg for arg in args if not arg.startswith("-")), None)
        if named not in self.commands and not (named is None and {"-h", "--help"} & set(args)):
            args = ["show", *args]
        return super().parse_args(ctx, args)


tasks_app = typer.Typer(cls=_ShowIsImplied, rich_markup_mode=None)

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of data sets, as `data:` in a run.yaml.")
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="Checkpoint whose template or tokenizer counts.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AllowCodeOption = Annotated[
    bool,
    typer.Option("--allow-code", help="Let files that you name run their own code; read them."),
]


@tasks_app.callback()
def tasks() -> None:
    """List the tasks, show one with its prompts, or check a data file.

    `aligntax tasks [NAME]` is short for `aligntax tasks show [NAME]`.

    Example: aligntax tasks medical_qa_en
    """


@tasks_app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="A task, as in run.yaml: medical_qa_en:mcf:chat:2shot.")
    ] = None,
    data: DataOption = None,
    model: ModelOption = None,
    allow_code: AllowCodeOption = False,
    as_json: JsonOption = False,
) -> None:
    """List all tasks, or show one: its card, and a prompt of each variant.

    Example: aligntax tasks show medical_qa_en:mcf --model ./dpo
    """
    from dataclasses import replace

    from harness.registry import expanded, find_task, known_tasks
    from harness.spec import task_request
    from harness.task_listings import print_tasks

    if name is None:
        print_tasks([*known_tasks().values()], data, as_json=as_json)
        return
    requests = expanded([replace(task_request(name), allow_code=allow_code)])
    if len(requests) > 1:
        print_tasks([find_task(request) for request in requests], data, as_json=as_json)
        return
    from harness.data import without_network
    from harness.errors import DataError
    from harness.prompts import Prompts, Shown, shown_prompts
    from harness.render import say
    from harness.task_listings import print_task

    label, template = _template(model)
    prompts: list[Shown] = []
    try:
        with without_network():
            prompts = shown_prompts(requests[0], data, template)
    except DataError as error:
        say(f"no prompts: {error}; name the folder of data sets by --data")
    print_task(find_task(requests[0]), data, Prompts(prompts, label), as_json=as_json)


def _template(model: str | None) -> "tuple[str, ChatTemplate]":
    """Return a checkpoint's chat template after its name, or a generic one."""
    from harness.prompts import GENERIC

    if model is None:
        return "generic ChatML, no checkpoint's (name one by --model)", GENERIC
    from harness.checkpoint import inspect
    from harness.foreign_code import Allowed
    from harness.records import ModelRef

    own = inspect(ModelRef(path=model), Allowed(pickle=True)).template  # its weights stay closed
    return (model, own) if own else (f"generic ChatML, {model} has none", GENERIC)


@tasks_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="JSONL, JSON, CSV, TSV or Parquet.")],
    kind: Annotated[str | None, typer.Option("--kind", help="The kind [by the fields].")] = None,
    train: Annotated[
        Path | None, typer.Option("--train", help="Tuning data that mustn't hold the questions.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="OURS=THEIRS, as `fields:` in a run.yaml.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="NAME=VALUE, as `options:` in a run.yaml.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="BCP 47, as in a run.yaml.")] = "en",
    model: ModelOption = None,
    max_length: Annotated[
        int, typer.Option("--max-length", min=16, help="Tokens that a prompt may have.")
    ] = 2048,
    as_json: JsonOption = False,
) -> None:
    """Check a data file: bad rows, duplicates, answer key, prompt lengths, overlap with tuning.

    Identifiers of persons come first, by line and kind, never the value. Exit code 2 if a row
    can't be used; what is only suspicious is a warning.

    Example: aligntax tasks check quiz.jsonl --train sft.jsonl
    """
    from dataclasses import replace

    from harness.check import (
        Asked,
        check_file,
        identifiers_in,
        pairs_of,
        print_identifiers,
        print_report,
        token_counter,
    )

    identifiers = identifiers_in(file)
    if not as_json:
        print_identifiers(identifiers)  # also where the file is no task for another reason
    asked = Asked(
        kind=kind,
        language=language,
        fields=pairs_of("--field", field or []),
        options=pairs_of("--option", option or []),
        train=train,
        max_length=max_length,
        count=token_counter(model) if model else None,
    )
    report = replace(check_file(file, asked), identifiers=identifiers)
    print_report(report, as_json=as_json)
    if report.bad:
        raise typer.Exit(2)
