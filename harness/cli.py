"""The command line: one command, sub-commands, results on stdout, messages on stderr.

Heavy modules are imported by the commands that use them, so that ``--help`` is quick.
"""

import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from harness.cli_baseline import baseline_app
from harness.cli_bench import bench
from harness.cli_board import board
from harness.cli_compare import compare
from harness.cli_gate import gate, plan_gate
from harness.cli_import import import_app
from harness.cli_index import index
from harness.cli_report import report
from harness.cli_run import evaluate, resumable
from harness.cli_store import (
    JsonOption,
    end_with,
    opened,
    opened_index,
    reading,
    rescore,
    store_app,
)
from harness.cli_tasks import tasks_app
from harness.errors import AligntaxError

app = typer.Typer(
    name="aligntax",
    help="What each post-training stage gained, what it cost and what it forgot.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(tasks_app, name="tasks")
app.add_typer(store_app, name="store")
app.add_typer(import_app, name="import")
app.add_typer(baseline_app, name="baseline")
store_app.command("index")(index)
app.command("rescore")(rescore)
app.command("compare")(compare)
app.command("report")(report)
app.command("board")(board)
app.command("bench")(bench)
app.command("gate")(gate)
app.command("plan-gate")(plan_gate)

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", envvar="ALIGNTAX_STORE", help="Folder of the results [./evals]."),
]
TasksOption = Annotated[
    str | None, typer.Option("--tasks", help="Comma-separated tasks instead of the spec's.")
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of data sets: <set>/<split>.jsonl.")
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Only the first N documents of each task.")
]
ShotsOption = Annotated[
    int | None,
    typer.Option("--num-fewshot", "--num_fewshot", min=0, help="Few-shot examples for all tasks."),
]
ChatOption = Annotated[
    bool,
    typer.Option(
        "--apply-chat-template", "--apply_chat_template", help="Ask all checkpoints in chat format."
    ),
]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Print the plan and what the store lacks; run nothing.")
]
RepeatOption = Annotated[
    bool,
    typer.Option(
        "--repeat", help="Then ask all again in other batches, and store the noise floor (A/A)."
    ),
]
AllowCodeOption = Annotated[
    bool,
    typer.Option("--allow-code", help="Let files that you name run their own code; read them."),
]
PickleOption = Annotated[
    bool,
    typer.Option(
        "--allow-pickle",
        help="Load weights that are pickles (.bin) too, by torch's reader that calls nothing.",
    ),
]
RemoteCodeOption = Annotated[
    bool,
    typer.Option(
        "--trust-remote-code", help="Let checkpoints run Python of their own; read it first."
    ),
]


@app.command("run")
def run_command(
    spec: Annotated[Path, typer.Argument(help="The run specification.")] = Path("run.yaml"),
    tasks: TasksOption = None,
    limit: LimitOption = None,
    num_fewshot: ShotsOption = None,
    apply_chat_template: ChatOption = False,
    allow_code: AllowCodeOption = False,
    allow_pickle: PickleOption = False,
    trust_remote_code: RemoteCodeOption = False,
    dry_run: DryOption = False,
    repeat: RepeatOption = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Evaluate what a run.yaml asks for and the store doesn't have; print the stage table.

    Example: aligntax run run.yaml --limit 40
    """
    with resumable() as stop:
        from harness.evaluate import Overrides, prepare
        from harness.local_data import privacy_of_run
        from harness.privacy.shield import shielded
        from harness.spec import load_spec

        loaded = Overrides(
            tasks=tasks,
            limit=limit,
            shots=num_fewshot,
            formats=("chat",) if apply_chat_template else None,
            allow_code=allow_code,
            allow_pickle=allow_pickle,
            trust_remote_code=trust_remote_code,
            data=data,
            store=store,
        ).apply(load_spec(spec))
        with shielded(privacy_of_run(loaded), typer.Exit):
            evaluate(prepare(loaded), stop, dry_run=dry_run, repeat=repeat)


@app.command()
def demo(
    tasks: TasksOption = None,
    limit: LimitOption = None,
    dry_run: DryOption = False,
    repeat: RepeatOption = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Do the same on the bundled three-checkpoint family.

    Example: aligntax demo --store ./demo
    """
    from importlib.resources import as_file, files

    with resumable() as stop, as_file(files("harness") / "demo" / "run.yaml") as path:
        from harness.evaluate import Overrides, prepare
        from harness.spec import load_spec

        asked = Overrides(tasks=tasks, limit=limit, data=data, store=store or Path("evals"))
        evaluate(prepare(asked.apply(load_spec(path))), stop, dry_run=dry_run, repeat=repeat)


@app.command("ls")
def ls_command(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the runs that a store holds, the newest last.

    Example: aligntax ls --store ./evals
    """
    from harness.store_listings import print_runs

    index = opened_index(opened(store))
    print_runs(index, as_json=as_json)
    end_with(index.damage)


@app.command()
def show(
    family: Annotated[str | None, typer.Argument(help="The family [the last one run].")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    cost: Annotated[
        bool, typer.Option("--cost", help="Print what each cell cost: time, tokens, memory.")
    ] = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Print a family's stage table from all its runs, or what its cells cost.

    Example: aligntax show medical-demo --markdown
    """
    from harness.analysis.families import table_of
    from harness.errors import EvidenceError
    from harness.import_listings import say_conflicts, stated_text
    from harness.listings import print_costs
    from harness.render import json_text, print_out, stage_table_markdown, stage_table_text
    from harness.store import merge_runs
    from harness.store.imports import read_aggregates

    with reading(store) as here:
        families = merge_runs(here.runs())
        name = family or next(iter(families), None)
        if name is None or name not in families:
            what = f"family {family!r}; it has {', '.join(families) or 'none'}" if family else "run"
            raise EvidenceError(f"{here.root}: no {what} in it")
    if cost:
        print_costs([run for run in here.runs() if run["family"] == name])
        return
    table, stated = table_of(here, families[name]), read_aggregates(here, name)
    say_conflicts(families[name])
    if as_json:
        print_out(json_text({"family": name, **asdict(table), "stated": list(map(asdict, stated))}))
        return
    print_out(stage_table_markdown(table) if markdown else stage_table_text(table))
    if stated:
        print_out(f"\n{stated_text(stated)}")


def _say(line: str) -> None:
    from harness.render import say

    say(line)


def main() -> None:
    """Run the command line; every error ends in one line and its exit code."""
    # Before torch is loaded: waiting threads sleep instead of spinning. On a shared machine
    # spinning slows small models several times; on a quiet one it gains next to nothing.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except AligntaxError as error:
        _say(f"aligntax: {' '.join(str(error).split())}")
        sys.exit(error.exit_code)
    except TyperException as error:
        text = error.format_message()
        _say(text if "\n" in text else f"aligntax: {text} See `--help`.")
        sys.exit(2)
    except Exception:  # noqa: BLE001 - the one boundary: ours, so it is shown whole
        _say(traceback.format_exc().rstrip())
        _say("aligntax: internal error; please report it with the lines above")
        sys.exit(70)


if __name__ == "__main__":
    main()
