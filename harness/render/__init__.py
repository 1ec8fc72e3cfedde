"""The one place where numbers become text."""

from harness.render.costs import cost_cells
from harness.render.escape import inert_json, markdown, visible
from harness.render.json_text import json_text
from harness.render.lists import columns_text
from harness.render.noise import noise_floors_text
from harness.render.numbers import (
    MISSING,
    coverage_text,
    difference_text,
    estimate_text,
    number,
    p_text,
    unit_text,
)
from harness.render.prompts import LEGEND, prompt_text, spelled_out
from harness.render.stages import stage_table_markdown, stage_table_text, stage_table_view
from harness.render.terminal import print_out, say

__all__ = [
    "LEGEND",
    "MISSING",
    "columns_text",
    "cost_cells",
    "coverage_text",
    "difference_text",
    "estimate_text",
    "inert_json",
    "json_text",
    "markdown",
    "noise_floors_text",
    "number",
    "p_text",
    "print_out",
    "prompt_text",
    "say",
    "spelled_out",
    "stage_table_markdown",
    "stage_table_text",
    "stage_table_view",
    "unit_text",
    "visible",
]
