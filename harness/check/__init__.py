"""What is wrong, or suspicious, in a data file before it is a task."""

from harness.check.arguments import Asked, pairs_of, token_counter
from harness.check.file import check_file
from harness.check.listing import print_report
from harness.check.report import Finding, Report

__all__ = [
    "Asked",
    "Finding",
    "Report",
    "check_file",
    "pairs_of",
    "print_report",
    "token_counter",
]
