"""The frozen values that analysis hands to renderings, gate, report and leaderboard."""

from harness.results.stages import (
    Change,
    Column,
    Comparability,
    Difference,
    Entry,
    Reason,
    StageTable,
    TableRow,
    Verdict,
    Wording,
)
from harness.results.tax import GroupDelta, LeftOut, TaskDelta, TaxStatement

__all__ = [
    "Change",
    "Column",
    "Comparability",
    "Difference",
    "Entry",
    "GroupDelta",
    "LeftOut",
    "Reason",
    "StageTable",
    "TableRow",
    "TaskDelta",
    "TaxStatement",
    "Verdict",
    "Wording",
]
