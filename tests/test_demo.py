"""The bundled family shows what real ones show, and a second run computes nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from likeness import differences, outline

from harness.analysis.families import table_of
from harness.registry import builtin_tasks
from harness.report.files import FORMATS, write_report
from harness.report.gather import report_of
from harness.results import StageTable
from harness.store import Store


def demo(store: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "demo", "--store", str(store)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.fixture(scope="module")
def store(demo_store: Path) -> Store:
    return Store(demo_store)


@pytest.fixture(scope="module")
def table(store: Store) -> StageTable:
    return table_of(store, store.runs()[-1])


def test_the_demo_covers_all_six_families_with_at_least_ten_tasks(table: StageTable) -> None:
    assert [column.name for column in table.columns] == ["base", "sft", "aligned"]
    assert len({row.task for row in table.rows}) >= 10
    kinds = {row.kind for row in table.rows}
    assert {"perplexity", "multiple_choice", "classification", "preference"} <= kinds
    metrics = {row.info.name for row in table.rows if row.kind == "generation"}
    assert {"rougeL", "bleu"} <= metrics
    assert {row.capability for row in table.rows} == {"general", "domain", "alignment"}
    assert {row.language for row in table.rows} >= {"en", "zh"}


def wordings(table: StageTable, stage: str, capability: str) -> set[str]:
    return {
        entry.change.wording
        for row in table.rows
        if row.capability == capability
        for entry in row.entries
        if entry.checkpoint == stage and entry.change
    }


def test_sft_gains_in_the_domain_and_forgets_general_text(table: StageTable) -> None:
    assert "gained" in wordings(table, "sft", "domain")
    drift = [row for row in table.rows if row.task.startswith("perplexity_general")]
    for row in drift:
        change = row.entries[1].change
        assert change is not None
        assert change.wording == "lost"


def test_alignment_gains_and_pays_its_tax(table: StageTable) -> None:
    assert "gained" in wordings(table, "aligned", "alignment")
    assert "lost" in wordings(table, "aligned", "domain") | wordings(table, "aligned", "general")


def test_every_difference_of_the_demo_is_comparable(table: StageTable) -> None:
    for row in table.rows:
        for entry in row.entries[1:]:
            assert entry.change is not None
            assert entry.change.comparability is not None
            assert entry.change.comparability.verdict == "COMPARABLE", row.name


def test_no_document_of_the_demo_fails(table: StageTable) -> None:
    assert {entry.errors for row in table.rows for entry in row.entries} == {0}
    assert {entry.coverage for row in table.rows for entry in row.entries} == {1.0}


def test_a_second_demo_runs_no_model(store: Store) -> None:
    again = demo(store.root)
    assert "no model was run" in again.stderr
    assert "medical_qa_en" in again.stdout


FAMILIES = {"perplexity", "multiple_choice", "classification", "generation", "preference"}


def test_the_bundled_sets_of_the_six_families_have_60_to_200_documents() -> None:
    tasks = [task for task in builtin_tasks().values() if task.kind in FAMILIES]
    bundled = [task for task in tasks if task.card.source == "written for this project"]
    sizes = {task.name: len(task.documents(None)) for task in bundled}
    assert len(sizes) >= 10
    assert {name: n for name, n in sizes.items() if not 60 <= n <= 200} == {}


def shown_rows(text: str) -> dict[str, list[float]]:
    """Return the estimates of a stage table by row name."""
    rows = re.findall(r"^ ([a-z_]+(?::\w+)*)((?:\s{2,}[\d.]+ \[[^]]*\])+)", text, re.MULTILINE)
    return {name: [float(v) for v in re.findall(r"([\d.]+) \[", cells)] for name, cells in rows}


def test_the_readme_shows_the_demos_table(store: Store, pytestconfig: pytest.Config) -> None:
    """Numbers may move in their last digits from one processor to another."""
    readme = (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```text\n(.*?)```", readme, re.DOTALL) if "vs base" in b)
    shown, printed = shown_rows(block), shown_rows(demo(store.root).stdout)
    assert len(shown) >= 8
    for name, values in shown.items():
        assert len(values) == 3
        step = 1.5 if max(values) > 5 else 0.05  # a document or two; a last digit
        assert printed[name] == pytest.approx(values, abs=step), name


def test_the_committed_report_is_the_demos(
    store: Store, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    example = pytestconfig.rootpath / "reports" / "example"
    written = write_report(report_of(store, "medical-demo"), tmp_path, list(FORMATS))
    assert sorted(path.name for path in written) == sorted(p.name for p in example.iterdir())
    kept = {path.suffix: (example / path.name).read_text(encoding="utf-8") for path in written}
    made = {path.suffix: path.read_text(encoding="utf-8") for path in written}
    assert differences(json.loads(made[".json"]), json.loads(kept[".json"])) == []
    assert outline(made[".md"]) == outline(kept[".md"])
    titles = [re.findall(r"<h[1-3][^>]*>(.*?)</h", page[".html"]) for page in (made, kept)]
    assert titles[0] == titles[1]
    assert sum(len(text.encode()) for text in kept.values()) < 1_000_000


@pytest.mark.parametrize(
    ("place", "value"), [("value", 0.5), ("n", 61), ("unit", "nats"), ("low", None)]
)
def test_a_report_that_says_something_else_is_told_apart(place: str, value: object) -> None:
    kept = {"value": 0.47, "n": 60, "unit": "%", "low": 0.4, "why": {"wrong": 3}}
    near = {**kept, "value": 0.48, "why": {"wrong": 4, "empty": 1}}
    assert differences({"row": [near]}, {"row": [kept]}) == []
    assert len(differences({"row": [{**kept, place: value}]}, {"row": [kept]})) == 1
