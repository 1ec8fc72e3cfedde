"""The command line: one command, sub-commands, results on stdout, messages on stderr.

Heavy modules are imported by the commands that use them, so that ``--help`` is quick.
"""

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from harness.cli_tasks import tasks_app
from harness.errors import AligntaxError

if TYPE_CHECKING:
    from harness.evaluate import Job

app = typer.Typer(
    name="aligntax",
    help="What each post-training stage gained, what it cost and what it forgot.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(tasks_app, name="tasks")

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
AllowCodeOption = Annotated[
    bool,
    typer.Option("--allow-code", help="Let files that you name run their own code; read them."),
]


@app.command("run")
def run_command(
    spec: Annotated[Path, typer.Argument(help="The run specification.")] = Path("run.yaml"),
    tasks: TasksOption = None,
    limit: LimitOption = None,
    num_fewshot: ShotsOption = None,
    apply_chat_template: ChatOption = False,
    allow_code: AllowCodeOption = False,
    dry_run: DryOption = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Evaluate what a run.yaml asks for and the store doesn't have; print the stage table.

    Example: aligntax run run.yaml --limit 40
    """
    from harness.evaluate import Overrides, prepare
    from harness.spec import load_spec

    loaded = Overrides(
        tasks=tasks,
        limit=limit,
        shots=num_fewshot,
        formats=("chat",) if apply_chat_template else None,
        allow_code=allow_code,
        data=data,
        store=store,
    ).apply(load_spec(spec))
    _evaluate(prepare(loaded), dry_run=dry_run)


@app.command()
def demo(
    tasks: TasksOption = None,
    limit: LimitOption = None,
    dry_run: DryOption = False,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Do the same on the bundled three-checkpoint family.

    Example: aligntax demo --store ./demo
    """
    from importlib.resources import as_file, files

    from harness.evaluate import Overrides, prepare
    from harness.spec import load_spec

    with as_file(files("harness") / "demo" / "run.yaml") as path:
        asked = Overrides(tasks=tasks, limit=limit, data=data, store=store or Path("evals"))
        loaded = asked.apply(load_spec(path))
    _evaluate(prepare(loaded), dry_run=dry_run)


@app.command("ls")
def ls_command(store: StoreOption = None) -> None:
    """List the runs that a store holds, the newest last.

    Example: aligntax ls --store ./evals
    """
    from harness.listings import print_runs
    from harness.store import Store

    print_runs(Store(store or Path("evals")).runs())


@app.command()
def show(
    family: Annotated[str | None, typer.Argument(help="The family [the last one run].")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    cost: Annotated[
        bool, typer.Option("--cost", help="Print what each cell cost: time, tokens, memory.")
    ] = False,
    store: StoreOption = None,
) -> None:
    """Print a family's stage table from all its runs, or what its cells cost.

    Example: aligntax show medical-demo --markdown
    """
    from harness.analysis.families import table_of
    from harness.errors import EvidenceError
    from harness.listings import print_costs
    from harness.render import print_out, stage_table_markdown, stage_table_text
    from harness.store import Store, merge_runs

    opened = Store(store or Path("evals"))
    families = merge_runs(opened.runs())
    name = family or next(iter(families), None)
    if name is None or name not in families:
        what = f"family {family!r}; it has {', '.join(families) or 'none'}" if family else "run"
        raise EvidenceError(f"{opened.root}: no {what} in it")
    if cost:
        print_costs([run for run in opened.runs() if run["family"] == name])
        return
    table = table_of(opened, families[name])
    print_out(stage_table_markdown(table) if markdown else stage_table_text(table))


@app.command()
def board(
    store: StoreOption = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Local port.")] = 8501,
) -> None:
    """Open the leaderboard on 127.0.0.1; it only reads the store.

    Example: aligntax board --store ./evals
    """
    from importlib.resources import files

    environment = os.environ | {"ALIGNTAX_STORE": str((store or Path("evals")).resolve())}
    command = [sys.executable, "-m", "streamlit", "run", str(files("leaderboard") / "app.py")]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command += ["--client.toolbarMode", "minimal"]
    os.execve(sys.executable, command, environment)  # so that a signal to us stops the server


def _evaluate(job: "Job", *, dry_run: bool) -> None:
    from rich.console import Console

    from harness.analysis.families import table_of
    from harness.listings import print_plan
    from harness.render import print_out, stage_table_text

    if dry_run:
        print_plan(job.work())
        return
    console = Console(stderr=True)
    try:
        summary = job.run(console)
    except KeyboardInterrupt:
        _say("aligntax: interrupted; what was finished is stored, the same command goes on")
        raise typer.Exit(130) from None
    print_out(stage_table_text(table_of(job.store, summary.run)))
    _say(
        f"{summary.asked:,} documents asked, {summary.covered:,} were already in {job.store.root}"
        if summary.asked
        else f"everything was already in {job.store.root}; no model was run"
    )
    for line in summary.cut:
        _say(f"cut: {line}")
    for line in summary.incomplete:
        _say(f"incomplete: {line}")
    if summary.incomplete:
        raise typer.Exit(4)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


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
        traceback.print_exc()
        _say("aligntax: internal error; please report it with the lines above")
        sys.exit(70)


if __name__ == "__main__":
    main()
