"""A report as JSON: the results' own fields, nothing rounded."""

import re
from collections.abc import Mapping
from dataclasses import asdict

from harness.records import JSON
from harness.render.headline import headline
from harness.render.json_text import json_text
from harness.report.results import Chain, Report
from harness.results import Comparison

FORMAT_VERSION = 1
_INNERMOST = re.compile(r"\{[^{}\[\]]*\}|\[[^{}\[\]]*\]")
_BREAK = re.compile(r"\n *")


def report_json(report: Report) -> str:
    """Return the report as JSON.

    Single documents' outcomes aren't in it but for the examples; `aligntax compare --json` has
    them.
    """
    compared = [*report.whole, *report.steps]
    against = {(a.reference, a.candidate): a for found in compared for a in found.against}
    return _denser(
        {
            "format_version": FORMAT_VERSION,
            "family": report.family,
            "share_safe": report.share_safe,
            "headlines": [
                {"candidate": a.candidate, "reference": a.reference, "said": headline(a)}
                for a in against.values()
            ],
            "stage_table": asdict(report.table),
            "stated": [asdict(each) for each in report.stated],
            "against": [asdict(each) for each in against.values()],
            "lineages": [_lineage(found) for found in report.whole],
            "chains": [_chain(chain) for chain in report.chains],
            "not_compared": list(report.left_out),
            "verdicts": [asdict(stored) for stored in report.verdicts],
            "methods": [asdict(method) for method in report.methods],
            "provenance": asdict(report.provenance),
        }
    )


def _denser(content: Mapping[str, JSON]) -> str:
    """Return JSON with each innermost object and list on one line.

    Line breaks inside texts are escaped, so that those replaced are all between values.
    """
    return _INNERMOST.sub(lambda found: _BREAK.sub(" ", found.group()), json_text(content))


def _lineage(found: Comparison) -> Mapping[str, JSON]:
    """Return what is said of all checkpoints of a root together."""
    return {
        "reference": found.reference,
        "checkpoints": [asdict(each) for each in found.checkpoints],
        "curves": [asdict(each) for each in found.curves],
        "fronts": [asdict(each) for each in found.fronts],
        "unsaid": {what: list(map(asdict, where)) for what, where in found.unsaid.items()},
    }


def _chain(chain: Chain) -> Mapping[str, JSON]:
    found = chain.comparison
    followed = [asdict(each) for each in found.trajectories]
    for each in followed:
        del each["items"]
    return {
        "checkpoints": [each.name for each in found.checkpoints],
        "forgetting": asdict(found.forgetting),
        "trajectories": followed,
        "gaps": [asdict(each) for each in found.gaps],
        "examples": [asdict(example) for example in chain.examples],
        "silent": list(chain.silent),
    }
