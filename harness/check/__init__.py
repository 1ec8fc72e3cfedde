"""What is wrong, or suspicious, in a data file before it is a task."""

from harness.check.arguments import Asked, pairs_of, token_counter
from harness.check.file import check_file
from harness.check.identifiers import Identifiers, identifiers_in, print_identifiers
from harness.check.listing import print_report
from harness.check.report import Finding, Report

__all__ = [
    "Asked",
    "Finding",
    "Identifiers",
    "Report",
    "check_file",
    "identifiers_in",
    "pairs_of",
    "print_identifiers",
    "print_report",
    "token_counter",
]
