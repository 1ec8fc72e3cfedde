"""What a toy family for reports is asked, with texts that want to be markup, and planted ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOSTILE = (
    "<script>alert(1)</script><img src=http://evil.example/a.png onerror=alert(2)>\n"
    "![shot](http://evil.example/b.png) [click](javascript:alert(3)) | cell | www.evil.example\n"
    "\x1b[31mred\x1b[0m \u202eright to left\u2066 `code` **bold** @somebody\n"
    "- a list\n1. another\n# a heading\n---\n```\n</pre></details><!-- -->&amp;"
)
PLANTED = ("PLANTEDQUESTION", "PLANTEDCHOICE", "PLANTEDSOURCE", "PLANTEDTARGET", "PLANTEDANSWER")
CHECKPOINTS = [
    {"name": "base", "stage": "base", "model": "toy/base"},
    {"name": "sft", "stage": "sft", "parent": "base", "model": "toy/sft"},
    {"name": "dpo-a", "stage": "aligned", "parent": "sft", "model": "toy/a"},
    {"name": "dpo-b", "stage": "aligned", "parent": "sft", "model": "toy/b"},
]


def quiz(n: int, text: str = "") -> list[dict[str, Any]]:
    """Return n questions whose texts hold what is planted, and ``text``."""
    return [
        {
            "id": f"q{i:03}",
            "question": f"PLANTEDQUESTION {text} Which number is {i}?",
            "choices": [f"PLANTEDCHOICE {text} number {i + (j - i) % 4}" for j in range(4)],
            "answer": "ABCD"[i % 4],
        }
        for i in range(n)
    ]


def notes(n: int, text: str = "") -> list[dict[str, str]]:
    """Return n texts to be summed up."""
    source, target = f"PLANTEDSOURCE {text} note", f"PLANTEDTARGET {text} about"
    return [{"source": f"{source} {i}", "target": f"{target} {i}"} for i in range(n)]


def edited(store: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change the account of a store's only run by hand: a spec couldn't say all of it."""
    (file,) = (store / "runs").glob("*.json")
    run = json.loads(file.read_text())
    change(run)
    file.write_text(json.dumps(run))
    return store
