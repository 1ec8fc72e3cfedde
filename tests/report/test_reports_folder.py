"""The folder of reports lists what lies in it."""

import re
from pathlib import Path

import pytest

HIDDEN = {"README.md"}


@pytest.fixture
def reports(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "reports"


def test_links_of_the_readmes_lead_somewhere(reports: Path) -> None:
    for readme in reports.rglob("README.md"):
        links = re.findall(r"\]\(([^)#]+)\)", readme.read_text(encoding="utf-8"))
        wrong = [link for link in links if not (readme.parent / link).exists()]
        assert [link for link in wrong if "://" not in link] == [], readme


def test_every_folder_and_every_table_is_listed(reports: Path) -> None:
    said = (reports / "README.md").read_text(encoding="utf-8")
    made = [path.name for path in reports.iterdir() if path.name not in HIDDEN]
    made += [path.name for path in (reports / "benchmarks").iterdir()]
    assert [name for name in made if name not in said] == []


def test_committed_reports_name_no_place_of_a_machine(reports: Path) -> None:
    for path in reports.rglob("*"):
        if path.suffix in (".md", ".html", ".json"):
            content = path.read_text(encoding="utf-8")
            assert re.findall(r"(?<![\w.])/(?:home|root|tmp|work|usr)/", content) == [], path
