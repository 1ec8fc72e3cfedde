"""A headless Chromium, and a window of it that shows the leaderboard."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

Theme = Literal["light", "dark"]
PAGES = ("overview", "leaderboard", "stages", "compare", "samples", "gates", "runs")
Found = TypeVar("Found")

PATIENCE = 120.0
"""Seconds after which a condition counts as failed; a machine may be busy."""
WIDTH, HEIGHT = 1440, 900
_NOT_YET = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
"""What a page that is still being made throws."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
_BOX = 32
"""Pixels from a data frame's edge to its first column, where rows can be selected."""
_SETTLED = """
const app = document.querySelector('[data-testid="stApp"]');
return app !== null
  && app.dataset.testConnectionState === 'CONNECTED'
  && app.dataset.testScriptState === 'notRunning'
  && document.querySelector('h1') !== null
  && document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]') === null
  && document.querySelector('[data-testid="stSpinner"]') === null;
"""
_SHOWS = """
const input = document.querySelector(arguments[0]);
const box = input && input.closest('.stSelectbox, .stMultiSelect');
return box && (input.value === arguments[1]
  || [...box.querySelectorAll('[data-tag]')].some(tag => tag.ariaLabel === arguments[1]));
"""


def browser_paths() -> tuple[str, str] | None:
    """Return where the browser and its driver are; None: this machine lacks one of them."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    return (found, driver) if found and driver else None


@contextmanager
def chromium(downloads: Path) -> Iterator[Chrome]:
    """Run a browser with a profile of its own; it saves files to ``downloads`` unasked."""
    paths = browser_paths()
    assert paths, "no chromium or no chromedriver"
    options = ChromeOptions()
    options.binary_location = paths[0]
    for flag in (*_FLAGS, f"--window-size={WIDTH},{HEIGHT}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    kept = {"download.default_directory": str(downloads), "download.prompt_for_download": False}
    options.add_experimental_option("prefs", kept)
    driver = Chrome(options=options, service=Service(paths[1]))
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        driver.quit()


class Window:
    """The leaderboard at ``url`` in a browser; every wait is for a condition."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def theme(self, theme: Theme) -> None:
        """Prefer light or dark, as a reader's system does."""
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def open(self, page: str = "", query: Mapping[str, Any] | None = None) -> None:
        """Load a page anew and wait until it is complete; the first one stands at the root."""
        asked = urlencode(query or {}, doseq=True)
        path = "" if page == "overview" else page
        self.go(f"{self.url}/{path}{'?' if asked else ''}{asked}")

    def go(self, address: str) -> None:
        """Load a whole address anew."""
        self.driver.get("about:blank")
        self.driver.get(address)
        self.until(lambda: self.driver.execute_script(_SETTLED), f"{address} is complete")

    def until(self, condition: Callable[[], Found | None], what: str) -> Found:
        """Wait until a condition holds and return what it found."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                found = condition()
            except _NOT_YET:
                found = None
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what}\n\n{self.text()[:4000]}")

    def settled(self) -> bool:
        """Return whether no script runs and nothing stale is shown."""
        return bool(self.driver.execute_script(_SETTLED))

    def says(self, text: str) -> None:
        """Wait until a text stands on the page."""
        self.until(lambda: text in self.text() and self.settled(), f"the page says {text!r}")

    def text(self) -> str:
        """Return the text that is seen, without the navigation."""
        found = self.all('[data-testid="stMain"]')
        return found[0].text if found else ""

    def all(self, css: str) -> list[WebElement]:
        """Return what a selector finds now."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str, text: str = "") -> WebElement:
        """Wait for the first that a selector finds and that has a text in it."""

        def found() -> WebElement | None:
            return next((e for e in self.all(css) if text in e.text), None)

        return self.until(found, f"{css} with {text!r}")

    def click(self, css: str, text: str = "") -> None:
        """Click on the first that a selector finds and that has a text in it."""

        def clicked() -> bool:
            element = next((e for e in self.all(css) if text in e.text), None)
            if element is None or not self.settled():
                return False
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True

        self.until(clicked, f"{css} with {text!r} can be clicked")

    def follow(self, text: str) -> None:
        """Follow a link of the page whose words have a text in them."""
        self.click('[data-testid="stMain"] [data-testid="stPageLink"] a', text)

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a select box, and wait until the box shows it."""
        box = f'[data-testid="stMain"] input[role="combobox"][aria-label="{label}"]'
        options = f'[role="listbox"][aria-label="{label}"] [role="option"]'

        def chosen() -> bool:
            if self.driver.execute_script(_SHOWS, box, option):
                return True
            offered = self.all(options)
            if not offered:
                self.click(box)
            for element in offered:
                if element.text == option:
                    element.click()
            return False

        self.until(chosen, f"{label} is {option}")

    def table(self) -> list[list[str]]:
        """Wait for the first data frame and return its own text for screen readers, line by line.

        It holds only the lines that are in sight, the first are its heads.
        """
        script = """
            const frame = document.querySelector('[data-testid="stDataFrame"]');
            const table = frame && frame.querySelector('table');
            return table && [...table.querySelectorAll('tr')].map(
              line => [...line.querySelectorAll('th,td')].map(cell => cell.textContent));
        """
        return self.until(lambda: self.driver.execute_script(script), "a data frame is drawn")

    def select(self, number: int) -> None:
        """Select a row, from 0, of the first data frame that has boxes for it.

        A data frame is a picture, so its box is clicked where it is drawn.
        """
        canvas = self.one('[data-testid="stDataFrame"] canvas')
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        high = canvas.size["height"] / len(self.table())
        across = _BOX / 2 - canvas.size["width"] / 2
        down = (number + 1.5) * high - canvas.size["height"] / 2
        ActionChains(self.driver).move_to_element_with_offset(
            canvas, round(across), round(down)
        ).click().perform()

    def whole(self) -> str:
        """Return all that the page holds, seen or not, also inside data frames and widgets."""
        return unescape(
            self.driver.execute_script(
                "return document.documentElement.outerHTML + "
                "[...document.querySelectorAll('input, textarea')].map(e => e.value).join(' ')"
            )
        )

    @contextmanager
    def stranger(self) -> Iterator["Window"]:
        """Give a tab that knows nothing of this one: nothing stored, and another session."""
        here = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        try:
            forgotten = {"origin": self.url, "storageTypes": "all"}
            self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", forgotten)
            yield Window(self.driver, self.url)
        finally:
            self.driver.close()
            self.driver.switch_to.window(here)

    def errors(self) -> list[str]:
        """Return what the console has said since the last call that is severe."""
        lines = self.driver.get_log("browser")
        return [line["message"] for line in lines if line["level"] == "SEVERE"]

    def picture(self, most: int = 4000) -> bytes:
        """Return a PNG of the whole page, once it no longer changes."""
        high = self.driver.execute_script(
            "const m = document.querySelector('[data-testid=\"stMain\"]');"
            "return Math.max(m.scrollHeight, arguments[0])",
            HEIGHT,
        )
        metrics = {"width": WIDTH, "height": min(high, most), "deviceScaleFactor": 1}
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**metrics, "mobile": False}
        )
        try:
            seen: list[bytes] = []

            def still() -> bytes | None:
                seen.append(self.driver.get_screenshot_as_png())
                return seen[-1] if self.settled() and seen[-3:] == [seen[-1]] * 3 else None

            return self.until(still, "the page stands still")
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def violations(self, axe: str) -> list[dict[str, Any]]:
        """Return what axe-core, given as its source, finds in the main part of the page."""
        self.driver.execute_script(axe)
        return self.driver.execute_async_script(
            "const done = arguments[0];"
            "const main = document.querySelector('[data-testid=\"stMain\"]');"
            "axe.run(main, {resultTypes: ['violations']}).then("
            "  r => done(r.violations),"
            "  e => done([{id: String(e), impact: 'critical', nodes: [{target: [],"
            " failureSummary: ''}]}]))"
        )
