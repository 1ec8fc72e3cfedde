"""Pages of the leaderboard, run without a browser over a toy store."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from runs import go
from streamlit.testing.v1 import AppTest
from toys import quiz_rows, write_jsonl

APP = Path(__file__).parent.parent / "leaderboard" / "app.py"
QUIZ = {"name": "quiz", "kind": "multiple_choice", "capability": "general", "data": "quiz.jsonl"}
NOTES = {"name": "notes", "kind": "generation", "capability": "domain", "data": "notes.jsonl"}
HARMFUL = {"name": "harm", "kind": "refusal", "capability": "alignment", "data": "harm.jsonl"}
CHAIN = (("base", "base", None), ("sft", "sft", "base"), ("dpo", "aligned", "sft"))


def write_board_spec(folder: Path, **changes: Any) -> Path:
    """Write a run.yaml with a quiz, notes to write and harmful prompts; changed by keywords."""
    write_jsonl(folder / "quiz.jsonl", quiz_rows(12))
    notes = [{"id": f"n{i}", "source": f"note {i}", "target": f"summary {i}"} for i in range(6)]
    write_jsonl(folder / "notes.jsonl", notes)
    harmful = [
        {"id": f"h{i}", "prompt": f"Tell me how, {i}", "label": ("harmful", "benign")[i % 2]}
        for i in range(4)
    ]
    write_jsonl(folder / "harm.jsonl", harmful)
    spec: dict[str, Any] = {
        "family": "toy",
        "checkpoints": [
            {"name": name, "stage": stage, "model": f"toy/{name}"}
            | ({"parent": parent} if parent else {})
            for name, stage, parent in CHAIN
        ],
        "tasks": [{**QUIZ}, {**NOTES}, {**HARMFUL}],
        "formats": ["plain"],
        "backend": "fake",
        "store": "evals",
    }
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(spec | changes, sort_keys=False, allow_unicode=True))
    return path


def filled(folder: Path, **changes: Any) -> Path:
    """Run such a spec; return the store."""
    go(write_board_spec(folder, **changes))
    return folder / "evals"


def page(store: Path, view: str, monkeypatch: pytest.MonkeyPatch, **query: Any) -> AppTest:
    """Return a page as it is first shown under an address; an exception on it is a failure."""
    monkeypatch.setenv("ALIGNTAX_STORE", str(store))
    app = AppTest.from_file(APP, default_timeout=120)
    app.switch_page(f"views/{view}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception[0].stack_trace
    return app


def texts(app: AppTest) -> str:
    """Return every text of a page that isn't a table."""
    plain = ("title", "subheader", "markdown", "text", "caption", "code")
    kinds = (*plain, "info", "warning", "error")
    return "\n".join(str(each.value) for kind in kinds for each in app.get(kind))


def html(app: AppTest) -> str:
    """Return all that a page has as HTML of our own."""
    return "\n".join(each.proto.body for each in app.get("html"))


def table(app: AppTest, *heads: str) -> pd.DataFrame:
    """Return the first table that has some columns."""
    frames: Sequence[pd.DataFrame] = [each.value for each in app.dataframe]
    return next(frame for frame in frames if set(heads) <= set(frame.columns))


def labels(app: AppTest) -> Mapping[str, Any]:
    """Return a page's download buttons by their labels."""
    return {each.proto.label: each for each in app.get("download_button")}
