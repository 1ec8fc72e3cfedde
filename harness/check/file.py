"""All checks of one file."""

from pathlib import Path

from harness.check.answer_key import answer_key
from harness.check.arguments import Asked
from harness.check.duplicates import duplicates
from harness.check.lengths import lengths
from harness.check.overlap import overlap
from harness.check.report import Finding, Report
from harness.check.rows import checked_rows


def check_file(path: Path, asked: Asked) -> Report:
    """Return what is bad or suspicious in a data file, and in its overlap with tuning data.

    Raises DataError for a file without a row that can be read, TaskError for a kind or an option
    that isn't known.
    """
    checked = checked_rows(path, asked)
    documents = checked.documents
    findings: list[Finding] = []
    if documents:
        findings += duplicates(documents)
        findings += answer_key(documents)
        findings += lengths(checked.task, documents, asked.max_length, asked.count)
    if documents and asked.train:
        findings += overlap(documents, asked.train)
    return Report(
        file=str(path),
        kind=checked.task.kind,
        guessed=checked.guessed,
        rows=checked.rows,
        documents=len(documents),
        bad=checked.bad,
        bad_left_out=checked.bad_left_out,
        findings=tuple(findings),
    )
