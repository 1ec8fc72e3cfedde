"""The frozen values that analysis hands to renderings, gate, report and leaderboard."""

from harness.results.forgetting import (
    Anchored,
    Fate,
    Flips,
    Forgetting,
    RowForgetting,
    Trajectories,
    Trajectory,
    Transfer,
)
from harness.results.split import Split, Term
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
    "Anchored",
    "Change",
    "Column",
    "Comparability",
    "Difference",
    "Entry",
    "Fate",
    "Flips",
    "Forgetting",
    "GroupDelta",
    "LeftOut",
    "Reason",
    "RowForgetting",
    "Split",
    "StageTable",
    "TableRow",
    "TaskDelta",
    "TaxStatement",
    "Term",
    "Trajectories",
    "Trajectory",
    "Transfer",
    "Verdict",
    "Wording",
]
