"""Imports go one way, and importing the harness is light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

LAYERS = (  # low to high; a module imports from its own layer and those below
    {"errors", "records", "secrets", "interrupt", "__init__"},
    {
        "task",
        "metrics",
        "detectors",
        "privacy",
        "stats",
        "render",
        "evidence",
        "results",
        "data",
        "plugins",
        "hashing",
        "lineage",
    },
    {
        "chat",
        "gguf_metadata",
        "settings_files",
        "foreign_code",
        "checkpoint",
        "fitness",
        "guard",
    },
    {"kinds"},
    {
        "spec",
        "spec_schema",
        "yaml_source",
        "registry",
        "task_files",
        "lm_eval_tasks",
        "plan",
        "questions",
        "backends",
        "hardware",
        "surroundings",
        "store",
        "demo",
    },
    {
        "run",
        "asking",
        "work",
        "repeat",
        "errands",
        "divergence",
        "again",
        "recording",
        "scores",
        "stored_tasks",
        "rescore",
        "verify",
        "account",
        "cost",
        "analysis",
        "progress",
    },
    {"gate"},
    {"report"},
    {"importing"},
    {"evaluate", "local_data", "listings", "check", "prompts", "task_listings", "store_listings"},
    {"import_listings"},
    {"bench"},
    {
        "cli",
        "cli_baseline",
        "cli_bench",
        "cli_board",
        "cli_compare",
        "cli_gate",
        "cli_import",
        "cli_index",
        "cli_report",
        "cli_run",
        "cli_store",
        "cli_tasks",
        "__main__",
    },
)
ALLOWED = {
    "tasks": {
        "harness.task",
        "harness.kinds",
        "harness.metrics",
        "harness.records",
        "harness.data",
    },
    "leaderboard": {
        "harness.store",
        "harness.analysis",
        "harness.render",
        "harness.records",
        "harness.results",
        "harness.errors",
    },
}
HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "lm_eval",
    "streamlit",
    "sklearn",
    "evaluate",
    "altair",
)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module in {"harness", "tasks", "leaderboard"}:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> int:
    part = module.split(".")[1] if "." in module else "__init__"
    return next(i for i, names in enumerate(LAYERS) if part in names)


def test_every_module_of_the_harness_imports_only_downwards(pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    wrong = []
    for path in sorted((root / "harness").rglob("*.py")):
        own = ".".join(path.relative_to(root).with_suffix("").parts)
        for name in imports(path):
            if name.startswith("harness.") and layer(name) > layer(own):
                wrong.append(f"{own} imports {name}")
            if name.split(".")[0] in {"tasks", "leaderboard"} and own != "harness.registry":
                wrong.append(f"{own} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("package", ["tasks", "leaderboard"])
def test_plugins_and_leaderboard_use_only_their_contracts(
    package: str, pytestconfig: pytest.Config
) -> None:
    wrong = [
        f"{path.name} imports {name}"
        for path in sorted((pytestconfig.rootpath / package).rglob("*.py"))
        for name in imports(path)
        if name.startswith("harness.")
        and not any(f"{name}.".startswith(f"{allowed}.") for allowed in ALLOWED[package])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "module", ["harness", "harness.cli", "harness.registry", "harness.evaluate"]
)
def test_importing_the_harness_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


@pytest.mark.parametrize("name", ["harness", "tasks", "leaderboard"])
def test_no_other_distribution_owns_our_import_names(name: str) -> None:
    assert set(packages_distributions().get(name, ["aligntax"])) == {"aligntax"}
