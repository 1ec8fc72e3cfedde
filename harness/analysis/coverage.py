"""What is missing to complete a family's table, and the commands that would ask it.

A place is filled by the spec of a run that asked its row and names its checkpoint: the row then
means the same there. So it does in a later run of the same file. Where only other files name the
checkpoint, the row's own spelling asks for it if the task is one that everybody has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from harness.records import JSON
from harness.results.coverage import Command, Completion, Hole, Place

__all__ = ["completion"]

Run = Mapping[str, JSON]
_OF_A_SPEC = ("limit", "inline", "seen_of", "capability")
"""What an entry of a spec can say of a task that its row's name doesn't."""


def completion(runs: Sequence[Run], places: Sequence[Place], store: str) -> Completion:
    """Return what a family lacks; ``runs`` are its accounts, oldest first, ``store`` a path.

    Every checkpoint is expected to have every row that any run asked, over as many documents as
    the largest plan of the row has.
    """
    holes, able = _holes(runs, places), _Able.of(runs)
    wanted: dict[str, tuple[Run, dict[str | None, list[Hole]]]] = {}
    left: list[tuple[Hole, str]] = []
    for hole in holes:
        found = _filling(able, hole)
        if isinstance(found, str):
            left.append((hole, found))
        else:
            run, task = found
            wanted.setdefault(run["id"], (run, {}))[1].setdefault(task, []).append(hole)
    commands = _merged(
        command for run, its in wanted.values() for command in _commands(run, its, store)
    )
    if runs and not runs[-1]["finished"] and runs[-1]["spec"].get("tasks"):
        commands = _continued(runs[-1], commands, store)
    return Completion(holes=tuple(holes), commands=tuple(commands), left=tuple(left))


def _holes(runs: Sequence[Run], places: Sequence[Place]) -> list[Hole]:
    known = {(place.checkpoint, place.row): place for place in places}
    rows = dict.fromkeys(
        [cell["row"] for run in runs for cell in run["cells"]] + [place.row for place in places]
    )
    names = dict.fromkeys(c["name"] for run in runs for c in run["checkpoints"])
    of: dict[str, int] = {}
    for place in places:
        of[place.row] = max(place.planned, of.get(place.row, 0))
    found = []
    for name in names:
        for row in rows:
            held, wanted = known.get((name, row)), of.get(row, 0)
            answered, errors = (held.answered, held.errors) if held else (0, 0)
            if (held and held.stated) or (wanted and answered >= wanted):
                continue
            lacking = wanted - answered if wanted else None
            hole = Hole(checkpoint=name, row=row, lacking=lacking, of=wanted, errors=errors)
            found.append(hole)
    return found


@dataclass(frozen=True, slots=True)
class _Able:
    """The runs whose specs can be run again, oldest first, by what they name and asked."""

    runs: Sequence[Run]
    naming: Mapping[str, list[int]]
    asking: Mapping[str, list[int]]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "_Able":
        able = [run for run in runs if run["spec"].get("tasks")]
        naming: dict[str, list[int]] = {}
        asking: dict[str, list[int]] = {}
        for place, run in enumerate(able):
            for name in {checkpoint["name"] for checkpoint in run["checkpoints"]}:
                naming.setdefault(name, []).append(place)
            for row in {cell["row"] for cell in run["cells"]}:
                asking.setdefault(row, []).append(place)
        return cls(able, naming, asking)


def _filling(able: _Able, hole: Hole) -> tuple[Run, str | None] | str:
    """Return the run whose spec fills a hole, and what to call the task there; else why none.

    None calls for the whole spec. Of several the run that asks most documents, then the newest.
    """
    naming, those = able.naming.get(hole.checkpoint), able.asking.get(hole.row, [])
    if not naming:
        return "its results were imported; evaluate it to ask more"
    both = {*naming} & {*those}
    if both:
        best = able.runs[max(both, key=lambda at: (_limit(able.runs[at], hole.row), at))]
        return best, None if _entry(best, hole.row) is None else _task(hole.row)
    newest, asking = able.runs[naming[-1]], [able.runs[at] for at in those]
    entries = [entry for run in asking if (entry := _entry(run, hole.row))]
    if any(_file(entry) == _spec(newest) for entry in entries):
        return newest, _task(hole.row)
    if any(_is_everybodys(run, hole.row, newest) for run in asking):
        return newest, hole.row
    return f"no spec asks it of {hole.checkpoint}; name the task in {_spec(newest)}"


def _is_everybodys(run: Run, row: str, other: Run) -> bool:
    """Tell whether a row's name alone asks for it in another run's spec."""
    entry = _entry(run, row)
    if entry is None or any(entry.get(key) is not None for key in _OF_A_SPEC):
        return False
    spelled = {"plain", "chat"} & {*row.split(":")[1:]}
    return bool(spelled) or run["spec"].get("formats") == other["spec"].get("formats")


def _entry(run: Run, row: str) -> Mapping[str, JSON] | None:
    """Return what a spec says of a row's task; None where a suite or a file of tasks names it."""
    return next((entry for entry in run["spec"]["tasks"] if entry["name"] == _task(row)), None)


def _file(entry: Mapping[str, JSON]) -> str:
    """Return the file that an entry stands in; empty for one of the command line."""
    place: str = entry["place"]
    return "" if place.startswith("--tasks") else place.rpartition(":")[0]


def _limit(run: Run, row: str) -> float:
    limits = [entry.get("limit") for entry in [_entry(run, row)] if entry] or [
        entry.get("limit") for entry in run["spec"]["tasks"]
    ]
    return min(inf if limit is None else float(limit) for limit in limits)


def _task(row: str) -> str:
    return row.partition(":")[0]


def _commands(run: Run, wanted: Mapping[str | None, list[Hole]], store: str) -> list[Command]:
    """Return the commands that ask some tasks of a run's spec: the whole of it fills all else."""
    named = [task for task in wanted if task is not None]
    extra = [task for task in named if task not in _listed(run)]
    if None not in wanted:
        fills = [hole for holes in wanted.values() for hole in holes]
        tasks = None if not extra and set(named) == _listed(run) else named
        return [_command(run, tasks, store, fills)]
    inside = [hole for task, holes in wanted.items() if task not in extra for hole in holes]
    found = [_command(run, None, store, inside)]
    if extra:
        others = [hole for task in extra for hole in wanted[task]]
        found.append(_command(run, extra, store, others))
    return found


def _merged(commands: Iterable[Command]) -> list[Command]:
    """Return each command once: several runs may have had one spec."""
    fills: dict[tuple[str, ...], list[Hole]] = {}
    for command in commands:
        fills.setdefault(command.words, []).extend(command.fills)
    return [Command(words=words, fills=tuple(holes)) for words, holes in fills.items()]


def _continued(run: Run, commands: Sequence[Command], store: str) -> list[Command]:
    """Return the commands with the one in front that takes up a run which ended early."""
    whole = _command(run, None, store, [])
    filled = {(cell["row"]) for cell in run["cells"]} | _listed(run)
    names = {c["name"] for c in run["checkpoints"]}
    inside: list[Hole] = []
    others = []
    for command in commands:
        own = [
            hole
            for hole in command.fills
            if command.words[2] == whole.words[2]
            and hole.checkpoint in names
            and (hole.row in filled or _task(hole.row) in filled)
        ]
        inside += own
        if len(own) < len(command.fills):
            others.append(command)
    first = _command(run, None, store, inside)
    return [replace(first, unfinished=True), *others]


def _listed(run: Run) -> set[str]:
    return {entry["name"] for entry in run["spec"]["tasks"]}


def _command(run: Run, tasks: Sequence[str] | None, store: str, fills: Sequence[Hole]) -> Command:
    """Return the command that runs a spec again; ``tasks`` None: all that the run asked."""
    spec, most = run["spec"], max((hole.of for hole in fills), default=0)
    if tasks is None and any(entry["place"].startswith("--tasks") for entry in spec["tasks"]):
        tasks = [entry["name"] for entry in spec["tasks"]]
    chosen = [] if tasks is None else ["--tasks", ",".join(tasks)]
    words = ("aligntax", "run", _spec(run), *chosen, *_flags(spec, most), "--store", store)
    return Command(words=words, fills=tuple(fills))


def _flags(spec: Mapping[str, JSON], most: int) -> list[str]:
    """Return what the command line said over the spec; what the spec says too does no harm.

    A limit below ``most`` documents would leave some out again.
    """
    entries, backend = spec["tasks"], spec.get("backend") or {}
    flags = []
    for option, key in (("--limit", "limit"), ("--num-fewshot", "shots")):
        values = {entry.get(key) for entry in entries}
        if len(values) == 1 and None not in values and (key != "limit" or max(values) >= most):
            flags += [option, str(*values)]
    if spec.get("formats") == ["chat"]:
        flags.append("--apply-chat-template")
    if any(entry.get("allow_code") for entry in entries):
        flags.append("--allow-code")
    flags += ["--allow-pickle"] if backend.get("allow_pickle") else []
    flags += ["--trust-remote-code"] if backend.get("trust_remote_code") else []
    return flags + (["--data", spec["data"]] if spec.get("data") else [])


def _spec(run: Run) -> str:
    """Return where a run's spec lies; a run whose tasks were all on the line has the usual name."""
    spec = run["spec"]
    files = [file for entry in spec["tasks"] if (file := _file(entry))]
    return files[0] if files else f"{str(spec.get('folder') or '.').rstrip('/')}/run.yaml"
