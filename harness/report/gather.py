"""From a store to the report of one family."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from harness.analysis.chains import chain_to
from harness.analysis.comparison import comparison_of, noise_floors
from harness.analysis.families import table_of
from harness.analysis.sides import Side, family_sides
from harness.records import JSON
from harness.report.examples import chain_examples
from harness.report.provenance import methods_of, provenance_of
from harness.report.results import Chain, Report
from harness.results import Comparison
from harness.store import Store, merge_runs
from harness.store.divergences import read_divergences
from harness.store.imports import read_aggregates
from harness.store.verdicts import StoredVerdict, read_verdicts

_MOST = 12  # checkpoints; wider tables than that are for the leaderboard


def families_of(store: Store) -> list[str]:
    """Return the families that a store knows, the one run last first."""
    return list(merge_runs(store.runs()))


def report_of(store: Store, family: str, *, share_safe: bool = False) -> Report:
    """Return the report of a family that the store has; ``share_safe`` leaves all texts out.

    Raises StoreError where a stored file can't be used.
    """
    runs = [run for run in store.runs() if run["family"] == family]
    account = merge_runs(runs)[family]
    entries = {c["name"]: c for c in account["checkpoints"]}
    known = {cell["checkpoint"] for cell in account["cells"]}
    stated = read_aggregates(store, family)
    known |= {one.identity.checkpoint for one in stated}
    parents = {name: entry["parent"] for name, entry in entries.items() if name in known}
    compared = _compared(entries, parents)
    sides = {side.name: side for side in family_sides(store, account, compared)}
    made = _Maker(store, sides)
    lineages = [_descendants(name, sides) for name in sides if _parent(sides[name], sides) is None]
    lineages = [lineage for lineage in lineages if len(lineage) > 1]
    whole = {lineage[0]: made.compare(lineage) for lineage in lineages}
    table = table_of(store, account)
    return Report(
        family=family,
        table=table,
        stated=tuple(stated),
        whole=tuple(whole.values()),
        steps=tuple(made.step(name) for lineage in lineages for name in lineage[1:]),
        chains=tuple(_chains(made, lineages, share_safe=share_safe)),
        left_out=tuple(_left_out(entries, known, compared)),
        verdicts=tuple(_verdicts(store, family, sides)),
        methods=methods_of(store, account, table),
        provenance=provenance_of(runs, account, table),
        share_safe=share_safe,
    )


class _Maker:
    """Makes comparisons of a family's checkpoints, each once."""

    def __init__(self, store: Store, sides: Mapping[str, Side]) -> None:
        self.store, self.sides = store, sides
        self._floors, self._held = noise_floors(store), read_divergences(store)
        self._made: dict[tuple[str, ...], Comparison] = {}

    def compare(self, names: Sequence[str]) -> Comparison:
        """Return some checkpoints against the first of them."""
        key = tuple(names)
        if key not in self._made:
            sides = [self.sides[name] for name in names]
            self._made[key] = comparison_of(sides, names[0], self._floors, self._held)
        return self._made[key]

    def step(self, name: str) -> Comparison:
        """Return a checkpoint against its parent."""
        parent = _parent(self.sides[name], self.sides)
        assert parent is not None
        return self.compare([parent, name])


def _chains(made: _Maker, lineages: Sequence[Sequence[str]], *, share_safe: bool) -> list[Chain]:
    found = []
    for lineage in lineages:
        parents = {name: _parent(made.sides[name], made.sides) for name in lineage}
        leaves = [name for name in lineage[1:] if name not in parents.values()]
        aligned = [name for name in leaves if made.sides[name].named.stage == "aligned"]
        for name in aligned or leaves:
            chain = [made.sides[each] for each in chain_to(name, parents)]
            comparison = made.compare([side.name for side in chain])
            examples, silent = chain_examples(made.store, chain, share_safe=share_safe)
            found.append(Chain(comparison=comparison, examples=examples, silent=silent))
    return found


def _compared(
    entries: Mapping[str, Mapping[str, JSON]], parents: Mapping[str, str | None]
) -> list[str]:
    """Return the checkpoints that are compared, parents first.

    Of more than fit, the aligned ones named last go first, then others, each with its ancestors.
    """
    ordered = sorted(parents, key=lambda name: len(chain_to(name, parents)))
    if len(ordered) <= _MOST:
        return ordered
    latest = ordered[::-1]
    latest.sort(key=lambda name: entries[name]["stage"] != "aligned")
    chosen: set[str] = set()
    for name in latest:
        grown = chosen.union(chain_to(name, parents))
        if len(grown) <= _MOST:
            chosen = grown
    return [name for name in ordered if name in chosen]


def _left_out(entries: Mapping[str, JSON], known: set[str], compared: Sequence[str]) -> list[str]:
    found = [f"{name}: no evidence" for name in entries if name not in known]
    rest = [name for name in entries if name in known and name not in compared]
    return [*found, *(f"{name}: more than {_MOST} checkpoints have evidence" for name in rest)]


def _descendants(root: str, sides: Mapping[str, Side]) -> list[str]:
    found = [root]
    for name in sides:  # parents first
        if _parent(sides[name], sides) in found:
            found.append(name)
    return found


def _parent(side: Side, sides: Mapping[str, Side]) -> str | None:
    parent = side.named.parent
    return parent if parent in sides else None


def _verdicts(store: Store, family: str, sides: Mapping[str, Side]) -> list[StoredVerdict]:
    """Return the last verdict of each pair and policy about the checkpoints as they are now."""
    now = {(family, side.named.checkpoint, side.named.fingerprint) for side in sides.values()}
    found: dict[tuple[str, str, str], StoredVerdict] = {}
    for stored in read_verdicts(store):
        verdict, judged = stored.verdict, stored.sides[-1] if stored.sides else None
        if judged and (judged.family, judged.checkpoint, judged.fingerprint) in now:
            name = PurePath(verdict.policy).name  # where it lay is nobody's business
            place = (verdict.baseline, verdict.candidate, verdict.policy_hash)
            found.pop(place, None)  # so that the last one stands last
            found[place] = replace(stored, verdict=replace(verdict, policy=name))
    return list(found.values())
