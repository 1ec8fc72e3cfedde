"""Charts from small lists of frozen rows, for the report and the leaderboard.

Values come in the metric's own scale with its unit, as everywhere; a chart scales them. No chart
has a background or a text colour of its own, so that a page's theme, light or dark, decides; what
colours say is said by shapes or words, too. altair is imported with the first chart.
"""

from harness.render.charts.choices import bars
from harness.render.charts.deltas import forest
from harness.render.charts.heat import matrix
from harness.render.charts.lines import curve, trajectory
from harness.render.charts.marks import Bar, Bin, Cell, Delta, Mark, Spot
from harness.render.charts.planes import plane
from harness.render.charts.trust import reliability

__all__ = [
    "Bar",
    "Bin",
    "Cell",
    "Delta",
    "Mark",
    "Spot",
    "bars",
    "curve",
    "forest",
    "matrix",
    "plane",
    "reliability",
    "trajectory",
]
