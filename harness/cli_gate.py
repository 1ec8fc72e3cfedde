"""``aligntax gate`` and ``aligntax plan-gate``: may this candidate be shipped?"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli_run import resumable
from harness.cli_store import JsonOption, StoreOption, opened

if TYPE_CHECKING:
    from harness.gate.judging import Judged
    from harness.gate.policy import Policy
    from harness.results import Verdict
    from harness.store import Store

__all__ = ["gate", "plan_gate"]

BaselineOption = Annotated[
    str, typer.Option("--baseline", help="A baseline, a checkpoint, or family:checkpoint.")
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", help="gate.yaml: margins and more [2 points for every task]."),
]
AnchorOption = Annotated[
    str | None, typer.Option("--anchor", help="A pinned baseline to judge against as well.")
]


def gate(
    baseline: BaselineOption,
    candidate: Annotated[str, typer.Option("--candidate", help="What is judged, named likewise.")],
    policy: PolicyOption = None,
    anchor: AnchorOption = None,
    inconclusive: Annotated[
        Literal["fail", "warn", "pass"] | None,
        typer.Option("--inconclusive", help="What INCONCLUSIVE means, over the policy."),
    ] = None,
    sequential: Annotated[
        bool,
        typer.Option("--sequential", help="Ask the candidate only until the verdict is certain."),
    ] = False,
    spec: Annotated[
        Path, typer.Option("--spec", help="For --sequential: the run.yaml that has the candidate.")
    ] = Path("run.yaml"),
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON; - to stdout.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write Markdown for a pull request.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page that needs no network.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Judge a candidate against a baseline from stored evidence; print and store the verdict.

    With --sequential the candidate is asked in a random order that is fixed and stored before, and
    no further than the verdict takes; what was asked stays, and `aligntax run` completes it.
    Exit code 0: PASS, 1: REGRESSED, 2: a mistake or a margin that can't be seen, 3: INCONCLUSIVE,
    4: INCOMPARABLE or evidence that is missing, 74: a file that can't be read or written.

    Example: aligntax gate --baseline base --candidate aligned --policy gate.yaml --html gate.html
    """
    from harness.gate.judging import judge
    from harness.gate.outputs import Outputs, tell_github, write_outputs
    from harness.gate.policy import load_policy, overridden

    rules = overridden(load_policy(policy), anchor, inconclusive)
    if sequential:
        here, judged = _asked(spec, baseline, candidate, rules, store)
    else:
        here = opened(store)
        judged = judge(here, baseline, candidate, rules)
    file = Path(json) if json not in (None, "-") else None
    outputs = Outputs(html=html, markdown=markdown, junit=junit, json=file)
    _show(judged.verdict, as_json=json == "-")
    stored = _store(here, judged)
    try:
        write_outputs(judged.verdict, outputs)
    finally:
        tell_github(judged.verdict, outputs.report or stored, os.environ)
    raise typer.Exit(judged.verdict.exit_code)


def plan_gate(
    baseline: BaselineOption,
    candidate: Annotated[
        str | None, typer.Option("--candidate", help="What will be judged, if it has evidence.")
    ] = None,
    policy: PolicyOption = None,
    anchor: AnchorOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Say what a gate could see, and how much it would ask, before anything runs.

    For each rule: documents, the smallest loss that it sees with 80 % power, how many its margin
    takes, the chance of a PASS where nothing changed, and what a sequential gate would ask.

    Example: aligntax plan-gate --baseline base --policy gate.yaml
    """
    from harness.gate.outlook import outlook
    from harness.gate.policy import load_policy, overridden
    from harness.render import json_text, print_out
    from harness.render.outlook import outlook_text

    found = outlook(opened(store), baseline, candidate, overridden(load_policy(policy), anchor))
    print_out(json_text(found) if as_json else outlook_text(found))


def _asked(
    spec: Path, baseline: str, candidate: str, policy: "Policy", store: Path | None
) -> "tuple[Store, Judged]":
    """Judge a candidate of a run.yaml while it is asked; return the store, too."""
    import sys

    from rich.console import Console

    from harness.analysis.subjects import find_subject
    from harness.errors import EvidenceError
    from harness.evaluate import Overrides, prepare
    from harness.gate.judging import Judged
    from harness.gate.sequential import Candidate, sequential_gate
    from harness.local_data import privacy_of_run
    from harness.privacy.shield import hushed, shielded
    from harness.progress import RunProgress
    from harness.spec import load_spec

    loaded = Overrides(store=store).apply(load_spec(spec))
    with resumable() as stop, shielded(privacy_of_run(loaded), typer.Exit):
        job = prepare(loaded)
        names = dict.fromkeys([baseline, *([policy.anchor] if policy.anchor else [])])
        references = [find_subject(job.store, name) for name in names]
        asked = Candidate(
            name=candidate, plan=job.plan, inspections=job.inspections, store=job.store
        )
        cells = [cell for cell in job.plan.cells if cell.checkpoint.name == candidate]
        total = sum(len(cell.documents) for cell in cells)
        console = Console(file=sys.stderr)
        with RunProgress(console, total) as watcher, hushed(job.plan.privacy):
            verdict = sequential_gate(asked, references, policy, watcher, stop)
        try:
            last = find_subject(job.store, f"{loaded.family}:{candidate}")
        except EvidenceError:  # it wasn't asked: the verdict says why
            last = None
    return job.store, Judged(verdict=verdict, references=references, candidate=last)


def _show(verdict: "Verdict", *, as_json: bool) -> None:
    """Print a verdict, and for GitHub's runner a line for each rule that isn't PASS."""
    from harness.render import print_out, say
    from harness.render.verdict import verdict_annotations, verdict_json, verdict_text

    print_out(verdict_json(verdict) if as_json else verdict_text(verdict))
    if os.environ.get("GITHUB_ACTIONS") == "true":  # it reads both streams
        for line in verdict_annotations(verdict):
            say(line)


def _store(store: "Store", judged: "Judged") -> Path | None:
    """Store a verdict; a store that can't be written is noted and changes nothing about it."""
    from harness.errors import StoreError
    from harness.gate.judging import used
    from harness.render import say
    from harness.store.verdicts import write_verdict

    try:
        return write_verdict(store, judged.verdict, used(judged))
    except StoreError as error:
        say(f"note: the verdict isn't stored: {error}")
        return None
