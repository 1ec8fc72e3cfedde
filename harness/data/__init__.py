"""Rows of data with the place they came from, so that a bad one can be named.

A task's documents come from one of three places: a file bundled with the project, a file that the
user names, or ``<data>/<set>/<split>.jsonl`` with the hub behind it.
"""

from harness.data.files import before_reading, read_jsonl, read_rows, stream_rows
from harness.data.rows import Adapt, Data, Row
from harness.data.sets import Bundled, DataSet, Hub, LocalFile, without_network
from harness.data.shapes import shape_of
from harness.data.text import LARGEST

__all__ = [
    "LARGEST",
    "Adapt",
    "Bundled",
    "Data",
    "DataSet",
    "Hub",
    "LocalFile",
    "Row",
    "before_reading",
    "read_jsonl",
    "read_rows",
    "shape_of",
    "stream_rows",
    "without_network",
]
