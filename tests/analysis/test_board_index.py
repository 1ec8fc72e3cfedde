"""The board's rows have the analysis's own numbers, and only what changed is analysed again."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs import go
from toys import quiz_rows, write_jsonl

from harness.analysis import board_index
from harness.analysis.board_index import refresh
from harness.analysis.comparison import comparison
from harness.analysis.families import table_of
from harness.records import JSON
from harness.render.headline import headline
from harness.results import Against, StageTable, Verdict
from harness.store import Store, merge_runs
from harness.store.index_board import Indexed, is_indexed, read_board_index
from harness.store.verdicts import UsedSide, write_verdict

Write = Callable[..., Path]
QUIZ = {"kind": "multiple_choice", "data": "quiz.jsonl"}
WAYS = ["cf", "mcf"]
TASKS: list[dict[str, Any]] = [
    {"name": "quiz", "capability": "general", **QUIZ},
    {
        "name": "ward",
        "capability": "domain",
        **QUIZ,
        "data": "more.jsonl",
        "variants": ["cf", "mcf"],
    },
    {"name": "wishes", "capability": "alignment", **QUIZ, "data": "more.jsonl"},
    {"name": "texts", "kind": "perplexity", "capability": "general", "data": "texts.jsonl"},
]


def chain(*more: tuple[str, str, str]) -> list[dict[str, Any]]:
    base = [{"name": "base", "stage": "base", "model": "toy/base", "attributes": {"step": 1}}]
    tuned = [("sft", "sft", "base"), ("dpo", "aligned", "sft"), *more]
    return [
        *base,
        *({"name": n, "stage": s, "parent": p, "model": f"toy/{n}"} for n, s, p in tuned),
    ]


@pytest.fixture
def ran(write_spec: Write, tmp_path: Path) -> Callable[..., Store]:
    """Return a function that runs the toy family, changed by keyword arguments."""
    write_jsonl(tmp_path / "more.jsonl", [{**row, "id": f"w{row['id']}"} for row in quiz_rows(60)])
    texts = [{"id": f"t{i}", "text": f"Text {i} of some length."} for i in range(9)]
    write_jsonl(tmp_path / "texts.jsonl", texts)

    def run(**changes: Any) -> Store:
        go(write_spec(**{"tasks": TASKS, "checkpoints": chain()} | changes))
        return Store(tmp_path / "evals")

    return run


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the checkpoints whose rows are made from now on."""
    seen: list[str] = []
    make = board_index.standing_rows

    def count(*args: Any) -> Any:
        seen.append(args[1].name)
        return make(*args)

    monkeypatch.setattr(board_index, "standing_rows", count)
    return seen


def rows(found: Indexed) -> dict[tuple[str, str], dict[str, JSON]]:
    return {(e["checkpoint"], e["row"]): e for e in found.entries.to_pylist()}


def summaries(found: Indexed) -> dict[str, dict[str, JSON]]:
    return {c["checkpoint"]: c for c in found.checkpoints.to_pylist()}


def table(store: Store) -> StageTable:
    (account,) = merge_runs(store.runs()).values()
    return table_of(store, account)


def only(store: Store, reference: str, candidate: str) -> Against:
    (against,) = comparison(store, [reference, candidate]).against
    return against


def cell_of(found: Indexed, checkpoint: str, row: str) -> str:
    return str(rows(found)[checkpoint, row]["cell"])


def touch(store: Store, cell: str) -> None:
    """Change a cell's files without changing what they say."""
    layer = next(iter(sorted(store.scores_folder(cell).iterdir())))
    os.utime(layer, ns=(1, 1))


def test_entries_are_those_of_the_stage_table(ran: Callable[..., Store]) -> None:
    store = ran()
    found, shown = rows(refresh(store)), table(store)
    assert len(found) == len(shown.rows) * 3
    for row in shown.rows:
        for entry in row.entries:
            held, e, change = found[entry.checkpoint, row.name], entry.estimate, entry.change
            assert e is not None
            assert (held["value"], held["low"], held["high"]) == (e.value, e.low, e.high)
            assert (held["n"], held["method"], held["missing"]) == (e.n, e.method, "")
            assert (held["task"], held["capability"]) == (row.task, row.capability)
            assert (held["answered"], held["planned"]) == (entry.answered, entry.planned)
            if change is None:
                assert (held["reference"], held["wording"], held["delta"]) == (None, "", None)
                continue
            assert change.difference is not None
            assert change.comparability is not None
            d = change.difference
            deltas = (held["delta"], held["delta_low"], held["delta_high"])
            assert deltas == (d.estimate.value, d.estimate.low, d.estimate.high)
            assert (held["p"], held["test"], held["wording"]) == (d.p, d.test, change.wording)
            assert held["reference"] == change.reference
            assert held["comparability"] == change.comparability.verdict


@pytest.mark.parametrize(("reference", "candidate"), [("base", "sft"), ("sft", "dpo")])
def test_summaries_are_those_of_the_comparison_with_the_parent(
    ran: Callable[..., Store], reference: str, candidate: str
) -> None:
    store = ran()
    held, against = summaries(refresh(store))[candidate], only(store, reference, candidate)
    gained, kept = against.tax.aligned, against.tax.kept
    assert gained is not None
    assert kept is not None
    assert held["headline"] == headline(against)
    assert (held["gain"], held["gain_low"], held["gain_high"]) == (
        gained.net.value,
        gained.net.low,
        gained.net.high,
    )
    assert (held["net"], held["net_low"], held["net_high"]) == (
        kept.net.value,
        kept.net.low,
        kept.net.high,
    )
    assert (held["tax"], held["tax_noise"]) == (kept.tax, kept.noise)
    assert (tuple(held["certified"]), held["certified_tax"]) == (kept.certified, kept.certified_tax)
    worst = kept.worst
    assert (held["worst_task"], held["worst"]) == (worst.task, worst.delta.value)
    assert (held["worst_low"], held["worst_high"]) == (worst.delta.low, worst.delta.high)
    (drift,) = [group for group in against.drift if group.capability == "general"]
    assert (held["drift"], held["drift_low"]) == (drift.mean.value, drift.mean.low)
    assert (held["rows_done"], held["rows_of"]) == (5, 5)


def test_a_root_has_no_reference_and_its_attributes_stay(ran: Callable[..., Store]) -> None:
    root = summaries(refresh(ran()))["base"]
    assert (root["reference"], root["headline"], root["gain_words"]) == (None, "", "")
    assert (root["gain"], root["tax"], root["drift"]) == (None, None, None)
    assert json.loads(root["attributes"]) == {"step": 1}


def test_what_the_index_holds_is_what_refresh_returned(ran: Callable[..., Store]) -> None:
    store = ran()
    assert not is_indexed(store)
    found, held = refresh(store), read_board_index(store)
    assert held is not None
    assert held.entries.equals(found.entries)
    assert held.checkpoints.equals(found.checkpoints)
    assert (held.rest, held.damage) == (found.rest, ())
    assert is_indexed(store)


def test_nothing_that_is_as_it_was_is_analysed_or_written_again(
    ran: Callable[..., Store], analysed: list[str]
) -> None:
    store = ran()
    refresh(store)
    assert sorted(analysed) == ["base", "dpo", "sft"]
    before = {p: p.stat().st_mtime_ns for p in (store.root / "index").rglob("*.parquet")}
    refresh(store)
    assert len(analysed) == 3
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_a_changed_cell_is_analysed_again_with_the_children_of_its_checkpoint(
    ran: Callable[..., Store], analysed: list[str]
) -> None:
    store = ran(checkpoints=chain(("ppo", "aligned", "sft")))
    found = refresh(store)
    analysed.clear()
    touch(store, cell_of(found, "dpo", "quiz:plain"))
    refresh(store)
    assert analysed == ["dpo"]
    analysed.clear()
    touch(store, cell_of(found, "sft", "quiz:plain"))
    again = refresh(store)
    assert sorted(analysed) == ["dpo", "ppo", "sft"]
    assert rows(again).keys() == rows(found).keys()
    assert [c["headline"] for c in again.checkpoints.to_pylist()] == [
        c["headline"] for c in found.checkpoints.to_pylist()
    ]


def test_a_new_checkpoint_is_all_that_is_analysed_when_a_family_grows(
    ran: Callable[..., Store], analysed: list[str]
) -> None:
    refresh(ran())
    analysed.clear()
    store = ran(checkpoints=chain(("ppo", "aligned", "sft")))
    found = refresh(store)
    assert analysed == ["ppo"]
    assert list(summaries(found)) == ["base", "sft", "dpo", "ppo"]
    newest = store.runs()[-1]["started"]
    assert {row["date"] for row in rows(found).values()} == {newest}


def test_an_index_made_in_steps_is_the_one_made_at_once(ran: Callable[..., Store]) -> None:
    refresh(ran(checkpoints=chain()[:2], tasks=TASKS[:2]))
    refresh(ran(tasks=TASKS[:3]))
    store = ran()
    in_steps = refresh(store)
    for path in (store.root / "index").rglob("*.parquet"):
        path.unlink()
    at_once = refresh(store)
    order = [("checkpoint", "ascending"), ("row", "ascending")]
    assert in_steps.entries.sort_by(order).equals(at_once.entries.sort_by(order))
    assert in_steps.checkpoints.equals(at_once.checkpoints)


def test_what_wasnt_evaluated_is_there_and_says_so(ran: Callable[..., Store]) -> None:
    ran()
    store = ran(checkpoints=chain(("ppo", "aligned", "sft")), tasks=TASKS[:1])
    found = refresh(store)
    missing = rows(found)["ppo", "wishes:plain"]
    assert (missing["value"], missing["missing"], missing["cell"]) == (None, "not evaluated", "")
    assert (missing["task"], missing["metric"]) == ("wishes", "acc_norm")
    assert (missing["wording"], missing["reference"]) == ("not comparable", "sft")
    summary = summaries(found)["ppo"]
    assert (summary["rows_done"], summary["rows_of"]) == (1, 5)
    shown = table(store)
    assert len(rows(found)) == len(shown.rows) * len(shown.columns)
    assert rows(refresh(store)) == rows(found)


def test_a_parent_without_evidence_is_why_nothing_is_said(ran: Callable[..., Store]) -> None:
    store = ran()
    path = store.run_files()[0]
    run = json.loads(path.read_text())
    run["cells"] = [cell for cell in run["cells"] if cell["checkpoint"] != "sft"]
    path.write_text(json.dumps(run))
    held = summaries(refresh(store))
    assert held["dpo"]["gain_words"] == "sft wasn't evaluated"
    assert held["sft"]["gain_words"] == "sft wasn't evaluated"
    assert (held["dpo"]["headline"], held["dpo"]["gain"]) == ("", None)


@pytest.mark.parametrize("what", ["entries", "checkpoints", "answers/*", "version"])
def test_a_part_of_the_index_that_cant_be_used_is_made_again(
    ran: Callable[..., Store], analysed: list[str], what: str
) -> None:
    store = ran()
    found = refresh(store)
    analysed.clear()
    names = ("entries", "answers/*") if what == "version" else (what,)
    for path in [p for name in names for p in (store.root / "index").glob(f"{name}.parquet")]:
        table = pq.read_table(path)
        if what == "version":
            notes = {**table.schema.metadata, b"index_version": b"0"}
            pq.write_table(table.replace_schema_metadata(notes), path)
        else:
            path.write_bytes(path.read_bytes()[:-50])
    again = refresh(store)
    assert sorted(analysed) == ["base", "dpo", "sft"]
    assert again.entries.equals(found.entries)
    assert again.checkpoints.equals(found.checkpoints)
    refresh(store)
    assert len(analysed) == 3


def test_entries_of_one_write_and_checkpoints_of_another_arent_taken_for_whole(
    ran: Callable[..., Store], analysed: list[str]
) -> None:
    store = ran()
    found = refresh(store)
    before = (store.root / "index" / "checkpoints.parquet").read_bytes()
    touch(store, cell_of(found, "dpo", "quiz:plain"))
    refresh(store)
    (store.root / "index" / "checkpoints.parquet").write_bytes(before)  # as if killed before it
    held = read_board_index(store)
    assert held is not None
    assert held.rest == ""
    assert {e["checkpoint"] for e in held.entries.to_pylist()} == {"base", "sft"}
    analysed.clear()
    again = refresh(store)
    assert analysed == ["dpo"]
    assert again.entries.num_rows == found.entries.num_rows


def test_a_store_that_may_only_be_read_is_analysed_without_an_index(
    ran: Callable[..., Store],
) -> None:
    store = ran()
    (store.root / "index").write_text("a file where the folder should be")
    first = refresh(store)
    assert first.entries.num_rows == 15
    assert not is_indexed(store)
    assert refresh(store).entries.equals(first.entries)


def test_a_damaged_cell_is_one_line_until_it_is_mended(
    ran: Callable[..., Store], analysed: list[str]
) -> None:
    store = ran()
    found = refresh(store)
    layer = store.scores_folder(cell_of(found, "dpo", "quiz:plain"))
    files = {path: path.read_bytes() for path in layer.iterdir()}
    for path in files:
        path.write_bytes(b"not Parquet")
    damaged = refresh(store)
    (line,) = damaged.damage
    assert str(layer) in line
    held = rows(damaged)["dpo", "quiz:plain"]
    assert (held["value"], held["missing"], held["capability"]) == (None, line, "general")
    assert rows(damaged)["dpo", "wishes:plain"]["value"] is not None
    analysed.clear()
    assert refresh(store).damage == (line,)
    assert analysed == ["dpo"]
    for path, content in files.items():
        path.write_bytes(content)
    assert refresh(store).damage == ()


def test_damaged_accounts_and_verdicts_are_lines_and_the_rest_is_shown(
    ran: Callable[..., Store],
) -> None:
    store = ran()
    (store.root / "runs" / "x.json").write_text("{")
    (store.root / "verdicts").mkdir()
    (store.root / "verdicts" / "y.json").write_text("{")
    found = refresh(store)
    assert [line.partition(": ")[0] for line in found.damage] == [
        str(store.root / "runs" / "x.json"),
        str(store.root / "verdicts" / "y.json"),
    ]
    assert len(found.checkpoints) == 3


def test_a_lineage_that_is_a_circle_is_a_line_and_its_checkpoints_are_shown(
    ran: Callable[..., Store],
) -> None:
    store = ran()
    path = store.run_files()[0]
    run = json.loads(path.read_text())
    run["checkpoints"][0]["parent"] = "dpo"
    path.write_text(json.dumps(run))
    found = refresh(store)
    assert "circle" in found.damage[0]
    assert len(found.checkpoints) == 3


def test_an_empty_store_has_an_empty_board(tmp_path: Path) -> None:
    found = refresh(Store(tmp_path / "nothing"))
    assert (len(found.checkpoints), len(found.entries), found.damage) == (0, 0, ())


class _Stopped(BaseException):
    pass


def test_what_was_done_before_a_stop_isnt_done_again(
    ran: Callable[..., Store], analysed: list[str]
) -> None:
    store = ran()

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise _Stopped

    with pytest.raises(_Stopped):
        refresh(store, stop)
    assert analysed == ["base", "sft"]
    held = read_board_index(store)
    assert held is not None
    assert held.rest == ""
    assert not is_indexed(store)
    analysed.clear()
    told: list[tuple[int, int]] = []
    found = refresh(store, lambda done, of: told.append((done, of)))
    assert analysed == ["dpo"]
    assert told[-1] == (3, 3)
    assert len(found.entries) == 15


def test_a_kill_loses_no_more_than_what_wasnt_saved(
    ran: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, analysed: list[str]
) -> None:
    store = ran()
    monkeypatch.setattr(board_index, "_SAVED_EVERY", 0.0)
    child = os.fork()
    if child == 0:
        refresh(store, lambda done, of: os.kill(os.getpid(), signal.SIGKILL) if done == 3 else None)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    found = refresh(store)
    assert analysed == ["dpo"]
    assert len(found.entries) == 15


def test_the_newest_verdict_on_the_same_weights_is_shown(ran: Callable[..., Store]) -> None:
    store = ran()
    cells = {cell["checkpoint"]: cell for cell in store.runs()[0]["cells"]}

    def write(decision: Any, checkpoint: str, fingerprint: str, name: str = "") -> None:
        verdict = Verdict(
            decision=decision,
            exit_code=0,
            baseline="main",
            candidate=checkpoint,
            policy="default",
            policy_hash="",
            rules=(),
            alpha=0.05,
        )
        side = UsedSide(
            name=name or checkpoint,
            family="toy",
            checkpoint=checkpoint,
            fingerprint=fingerprint,
            cells=(),
        )
        write_verdict(store, verdict, [side])

    write("PASS", "dpo", cells["dpo"]["fingerprint"])
    write("REGRESSED", "dpo", cells["dpo"]["fingerprint"])
    write("PASS", "sft", "other weights")
    held = summaries(refresh(store))
    assert (held["dpo"]["verdict"], held["dpo"]["verdict_baseline"]) == ("REGRESSED", "main")
    assert held["dpo"]["verdict_at"] > "2020"
    assert held["sft"]["verdict"] == ""
    write("INCONCLUSIVE", "dpo", cells["dpo"]["fingerprint"], "toy:dpo")  # as sequential ones say
    assert summaries(refresh(store))["dpo"]["verdict"] == "INCONCLUSIVE"


@pytest.mark.parametrize("name", ["entries", "checkpoints"])
def test_an_index_that_lacks_what_it_cant_isnt_used(ran: Callable[..., Store], name: str) -> None:
    store = ran()
    found = refresh(store)
    path = store.root / "index" / f"{name}.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("stage")
    hollow = table.set_column(at, table.schema.field("stage"), pa.nulls(len(table), pa.string()))
    pq.write_table(hollow.replace_schema_metadata(table.schema.metadata), path)
    assert read_board_index(store) is None
    assert refresh(store).entries.equals(found.entries)
