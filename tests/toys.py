"""Toy documents."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows as JSONL."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def quiz_rows(n: int = 40) -> list[dict[str, Any]]:
    """Return n four-choice questions whose key is balanced."""
    return [
        {
            "id": f"q{i:03}",
            "question": f"Which number is {i}?",
            "choices": [f"number {i + (j - i) % 4}" for j in range(4)],
            "answer": "ABCD"[i % 4],
        }
        for i in range(n)
    ]
