"""How numbers were measured, and where their evidence is from: no paths, no clock of our own."""

from collections.abc import Mapping, Sequence

from harness.records import JSON
from harness.report.results import Method, Origin, Provenance
from harness.results import StageTable, TableRow
from harness.store import Store

_GIB = 2**30


def methods_of(store: Store, account: Mapping[str, JSON], table: StageTable) -> tuple[Method, ...]:
    """Return how each row of a table is measured."""
    keys = {cell["row"]: cell["key"] for cell in account["cells"]}
    return tuple(_method(store.identity(keys[row.name]), row) for row in table.rows)


def provenance_of(
    runs: Sequence[Mapping[str, JSON]], account: Mapping[str, JSON], table: StageTable
) -> Provenance:
    """Return where a family's evidence is from; ``runs`` are its accounts, oldest first."""
    asked = [run for run in runs if any(cell.get("cost") for cell in run["cells"])]
    versions: dict[str, dict[str, None]] = {}
    for run in asked or runs:
        for package, version in (run.get("versions") or {}).items():
            versions.setdefault(package, {})[str(version)] = None
    days = sorted(str(run["started"])[:10] for run in asked if run.get("started"))
    seeds = {spec["seed"] for run in runs if (spec := run.get("spec")) and "seed" in spec}
    return Provenance(
        checkpoints=tuple(_origin(each, account, table) for each in account["checkpoints"]),
        machines=tuple(dict.fromkeys(filter(None, map(_machine, asked or runs)))),
        versions={name: tuple(versions[name]) for name in sorted(versions)},
        dates=(days[0], days[-1]) if days else None,
        seeds=tuple(sorted(seeds)),
    )


def _method(identity: Mapping[str, JSON], row: TableRow) -> Method:
    estimates = [entry.estimate for entry in row.entries if entry.estimate]
    backend = identity["backend"]
    numerics = [f"{name} {value}" for name, value in sorted(backend.items()) if name != "backend"]
    return Method(
        row=row.name,
        kind=row.kind,
        version=identity["task_version"],
        language=row.language,
        info=row.info,
        documents=max((estimate.n for estimate in estimates), default=0),
        intervals=tuple(sorted({estimate.method for estimate in estimates})),
        asked=", ".join([str(backend.get("backend") or backend.get("name")), *numerics]),
    )


def _origin(
    checkpoint: Mapping[str, JSON], account: Mapping[str, JSON], table: StageTable
) -> Origin:
    name = checkpoint["name"]
    prints = [c["fingerprint"] for c in account["cells"] if c["checkpoint"] == name]
    entries = [e for row in table.rows for e in row.entries if e.checkpoint == name]
    return Origin(
        name=name,
        stage=checkpoint["stage"],
        parent=checkpoint["parent"],
        fingerprint=prints[0] if prints else None,
        documents=sum(entry.answered for entry in entries),
        attributes=checkpoint.get("attributes") or {},
    )


def _machine(run: Mapping[str, JSON]) -> str:
    """Return ``AMD EPYC, 2 cores, 24 GiB, cpu``."""
    machine, device = run.get("machine") or {}, run.get("device") or {}
    memory = machine.get("memory_bytes")
    said = [
        machine.get("processor"),
        f"{machine['cores']} cores" if machine.get("cores") else None,
        f"{memory / _GIB:.0f} GiB" if memory else None,
        device.get("name"),
    ]
    return ", ".join(str(each) for each in said if each)
