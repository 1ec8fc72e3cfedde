"""Where a verdict goes: files that were asked for, and what GitHub's runner reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.render.verdict import (
    verdict_html,
    verdict_json,
    verdict_junit,
    verdict_markdown,
)
from harness.results import Verdict
from harness.store.files import disk

__all__ = ["Outputs", "tell_github", "write_outputs"]

SUMMARY_BYTES = 1 << 20
"""GitHub drops a step's summary that is larger."""
_CUT = "\n\n_The rest is left out: a step's summary may have 1 MiB._\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The files that were asked for; None: not asked for."""

    html: Path | None = None
    markdown: Path | None = None
    junit: Path | None = None
    json: Path | None = None

    @property
    def report(self) -> Path | None:
        """The one that a person would open first."""
        return self.html or self.markdown or self.junit or self.json


def write_outputs(verdict: Verdict, outputs: Outputs) -> None:
    """Write all files that were asked for; StoreError for the first that can't be written.

    The others are written all the same.
    """
    spelled: list[tuple[Path | None, Callable[[Verdict], str]]] = [
        (outputs.html, verdict_html),
        (outputs.markdown, verdict_markdown),
        (outputs.junit, verdict_junit),
        (outputs.json, verdict_json),
    ]
    failed: OSError | None = None
    at = Path()
    for path, spell in spelled:
        if path is None:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(spell(verdict), encoding="utf-8")
        except OSError as error:
            at, failed = (path, error) if failed is None else (at, failed)
    if failed is not None:
        with disk(at, "written"):
            raise failed


def tell_github(verdict: Verdict, report: Path | None, environment: Mapping[str, str]) -> None:
    """Append to the files that a step of GitHub Actions names in its environment, if it does.

    ``GITHUB_STEP_SUMMARY`` gets the Markdown, ``GITHUB_OUTPUT`` the lines ``verdict=`` and
    ``report-path=``. Raises StoreError if one can't be written.
    """
    if summary := environment.get("GITHUB_STEP_SUMMARY"):
        path = Path(summary)
        with disk(path, "written"):
            room = SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
            _append(path, _fitting(verdict_markdown(verdict), room))
    if output := environment.get("GITHUB_OUTPUT"):
        shown = "" if report is None else str(report).replace("\n", " ").replace("\r", " ")
        with disk(Path(output), "written"):
            _append(Path(output), f"verdict={verdict.decision}\nreport-path={shown}\n")


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _fitting(text: str, room: int) -> str:
    """Return a text cut after its last line that fits into ``room`` bytes."""
    content = text.encode()
    if len(content) <= room:
        return text
    kept = content[: max(0, room - len(_CUT.encode()))].rpartition(b"\n")[0]
    return kept.decode() + _CUT if kept else ""
