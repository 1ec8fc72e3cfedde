"""One board and one headless browser for all tests here; a machine without a browser skips them."""

import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, which

import pytest
from chromium import Window, browser_paths, chromium
from selenium.webdriver import Chrome
from served import judged, served

from harness.store import Store

AXE = "axe-core@4.14.1"


@pytest.fixture(scope="session", autouse=True)
def _browser_here() -> None:
    """Skip before the demo is run."""
    if browser_paths() is None:
        pytest.skip("needs a browser: Debian's packages chromium and chromium-driver")


@pytest.fixture(scope="session")
def store(_browser_here: None, demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The bundled family with the verdicts of gates; read only."""
    return Store(judged(demo_store, tmp_path_factory.mktemp("judged")))


@pytest.fixture(scope="session")
def board(store: Store) -> Iterator[str]:
    """The address of a board over it."""
    with served(store.root) as url:
        yield url


@pytest.fixture(scope="session")
def guarded(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """A copy of the store that may be changed, and the address of a share-safe board over it."""
    copy = tmp_path_factory.mktemp("guarded") / "evals"
    copytree(store.root, copy)
    with served(copy, "--share-safe") as url:
        yield Store(copy), url


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser saves files."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def driver(_browser_here: None, downloads: Path) -> Iterator[Chrome]:
    with chromium(downloads) as driver:
        yield driver


@pytest.fixture
def window(driver: Chrome, board: str) -> Window:
    """The board in the browser."""
    window = Window(driver, board)
    window.theme("light")
    return window


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    """The source of axe-core, fetched once into build/."""
    folder = pytestconfig.rootpath / "build"
    packed = folder / f"{AXE.replace('@', '-')}.tgz"
    if not packed.exists():
        _fetch(folder)
    with tarfile.open(packed) as archive:
        source = archive.extractfile("package/axe.min.js")
        assert source is not None
        return source.read().decode()


def _fetch(folder: Path) -> None:
    npm = which("npm")
    if npm is None:
        pytest.skip("needs axe-core, from npm")
    folder.mkdir(exist_ok=True)
    command = [npm, "pack", AXE, "--pack-destination", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        pytest.skip(f"needs {AXE}, which npm can't fetch: {said.stderr.strip()[-200:]}")
