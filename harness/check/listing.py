"""A report as text or JSON."""

import json
from dataclasses import asdict, replace

from harness.check.report import Report
from harness.privacy.identifiers import mask
from harness.render import inert_json, print_out, visible


def print_report(report: Report, *, as_json: bool = False) -> None:
    """Print what was found, without identifiers of persons; warnings are marked."""
    findings = (replace(f, examples=tuple(map(mask, f.examples))) for f in report.findings)
    report = replace(report, bad=tuple(map(mask, report.bad)), findings=tuple(findings))
    if as_json:
        print_out(inert_json(json.dumps(asdict(report), ensure_ascii=False, indent=2)))
        return
    by = " (by its fields; --kind says otherwise)" if report.guessed else ""
    lines = [
        f"{report.file}: {report.rows:,} rows read as {report.kind}{by}",
        _bad(report),
        *(f"  {line}" for line in report.bad),
    ]
    for finding in report.findings:
        mark = "warning" if finding.warning else "ok"
        lines.append(f"{mark:<8} {finding.check}: {finding.what}")
        lines += [f"         {line}" for line in finding.examples]
    print_out("\n".join(visible(line) for line in lines))


def _bad(report: Report) -> str:
    if not report.bad:
        return f"ok       rows: all {report.documents:,} can be used"
    more = (
        " or more; the first are named, and the rest isn't checked" if report.bad_left_out else ""
    )
    return f"bad      rows: {len(report.bad)}{more}"
