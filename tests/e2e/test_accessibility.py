"""axe-core finds nothing serious on any page."""

from typing import get_args

import pytest
from chromium import PAGES, Theme, Window

MOST_READ = ("overview", "leaderboard", "samples")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_serious_violation(window: Window, axe: str, page: str) -> None:
    for theme in get_args(Theme) if page in MOST_READ else ("light",):
        window.theme(theme)
        window.open(page)
        found = [
            (theme, one["id"], node["target"], node["failureSummary"])
            for one in window.violations(axe)
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert found == []


def test_what_is_serious_is_found(window: Window, axe: str) -> None:
    window.open()
    window.driver.execute_script(
        "const image = new Image(); image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';"
        "document.querySelector('[data-testid=\"stMain\"]').append(image);"
    )
    found = [(one["id"], one["impact"]) for one in window.violations(axe)]
    assert ("image-alt", "critical") in found
