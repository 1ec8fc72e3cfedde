"""What ``aligntax tasks`` shows: a list, one task's card, its prompts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from harness.data import without_network
from harness.errors import DataError
from harness.prompts import Prompts, Shown
from harness.records import JSON, pack
from harness.render import LEGEND, columns_text, inert_json, print_out, prompt_text, visible
from harness.task import Task


def print_tasks(tasks: Sequence[Task], data: Path | None, *, as_json: bool = False) -> None:
    """List tasks, one line each; ``items`` counts what can be read without the network."""
    ordered = sorted(tasks, key=lambda task: (task.kind, task.name))
    described = [_described(task, data) for task in ordered]
    if as_json:
        print_out(inert_json(json.dumps(described, ensure_ascii=False, indent=2)))
        return
    heads = ["kind", "capability", "language", "items", "primary metric", "licence"]
    keys = ["kind", "capability", "language", "items", "primary_metric", "licence"]
    rows = [[each["name"], *(_or_blank(each[key]) for key in keys)] for each in described]
    print_out(columns_text(["task", *heads], rows))


def print_task(task: Task, data: Path | None, prompts: Prompts, *, as_json: bool = False) -> None:
    """Show a task's card and a prompt of each variant."""
    if as_json:
        shown = [_as_json(each, prompts.template) for each in prompts.shown]
        content = {**_described(task, data), "prompts": shown}
        print_out(inert_json(json.dumps(content, ensure_ascii=False, indent=2)))
        return
    print_out(columns_text(["", ""], _card(task, data)))
    for each in prompts.shown:
        by = f", template: {prompts.template}" if each.variant.format == "chat" else ""
        print_out(f"\n{each.row}, document {visible(each.document)}{visible(by)}")
        print_out(prompt_text(each.requests))
    if prompts.shown:
        print_out(f"\n{LEGEND}")
    if task.card.sensitive:
        print_out("\nprompts are withheld: the task is sensitive")


def _card(task: Task, data: Path | None) -> list[list[str]]:
    card = task.card
    return [
        ["name", card.name],
        ["version", str(card.version)],
        ["kind", task.kind],
        ["capability", card.capability],
        ["language", card.language],
        ["source", card.source],
        ["licence", card.licence],
        ["items", _or_blank(count_items(task, data)) or "unknown without its data"],
        ["asked as", ", ".join(task.formulations)],
        ["formats", ", ".join(task.formats)],
        ["shots", str(task.shots)],
        *(["metric", f"{m.info.name}: {m.info.signature}"] for m in task.metrics),
    ]


def _as_json(shown: Shown, template: str) -> dict[str, JSON]:
    return {
        "variant": shown.row,
        **asdict(shown.variant),
        "template": template if shown.variant.format == "chat" else None,
        "document": shown.document,
        "requests": [pack(request) for request in shown.requests],
    }


def count_items(task: Task, data: Path | None) -> int | None:
    """Return how many documents are scored; None if they can't be read without the network."""
    with without_network():
        try:
            return len(task.documents(data))
        except DataError:
            return None


def _described(task: Task, data: Path | None) -> dict[str, JSON]:
    return {
        "name": task.name,
        "kind": task.kind,
        **asdict(task.card),
        "items": count_items(task, data),
        "formulations": [*task.formulations],
        "formats": [*task.formats],
        "shots": task.shots,
        "primary_metric": task.metrics[0].info.name,
        "metrics": [metric.info.signature for metric in task.metrics],
    }


def _or_blank(value: JSON) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
