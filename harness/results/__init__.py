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
    ComparabilityVerdict,
    Difference,
    Entry,
    Reason,
    StageTable,
    TableRow,
    Wording,
)
from harness.results.tax import GroupDelta, LeftOut, TaskDelta, TaxStatement
from harness.results.verdict import (
    EXIT_CODES,
    Decision,
    OnInconclusive,
    RuleVerdict,
    Stopped,
    Verdict,
)

__all__ = [
    "EXIT_CODES",
    "Anchored",
    "Change",
    "Column",
    "Comparability",
    "ComparabilityVerdict",
    "Decision",
    "Difference",
    "Entry",
    "Fate",
    "Flips",
    "Forgetting",
    "GroupDelta",
    "LeftOut",
    "OnInconclusive",
    "Reason",
    "RowForgetting",
    "RuleVerdict",
    "Split",
    "StageTable",
    "Stopped",
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
