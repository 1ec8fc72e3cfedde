"""Pictures of every page in light and dark, of the bundled family with the verdicts of gates.

    PYTHONPATH=tests python tests/e2e/screenshots.py STORE FOLDER

STORE is that of ``aligntax demo`` and is only read.
"""

import sys
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, get_args

from chromium import Theme, Window, browser_paths, chromium
from PIL import Image
from served import judged, served

PAGES: dict[str, dict[str, Any]] = {
    "overview": {},
    "leaderboard": {},
    "stages": {},
    "compare": {"checkpoints": ["sft", "aligned"]},
    "samples": {"row": "specialty_en:chat", "flip": "lost at aligned"},
    "gates": {},
    "runs": {},
}
"""The pages with the state that they are shown in."""
MOST = 250_000
"""Bytes of a picture."""
_COLOURS = 192


def small(picture: bytes) -> bytes:
    """Return a PNG with a palette: pages have few colours."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    buffer = BytesIO()
    kept = image.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    kept.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def shoot(store: Path, folder: Path) -> None:
    """Write ``<page>-<theme>.png`` for each page and theme."""
    with (
        TemporaryDirectory() as downloads,
        served(store) as url,
        chromium(Path(downloads)) as driver,
    ):
        window = Window(driver, url)
        for page, state in PAGES.items():
            for theme in get_args(Theme):
                window.theme(theme)
                window.open(page, state)
                picture = small(window.picture())
                path = folder / f"{page}-{theme}.png"
                if len(picture) > MOST:
                    sys.exit(f"{path}: {len(picture):,} bytes, more than {MOST:,}")
                path.write_bytes(picture)


if __name__ == "__main__":
    if browser_paths() is None:
        sys.exit("needs a browser: Debian's packages chromium and chromium-driver")
    demo, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    shown = Path(gettempdir()) / "medical-demo"  # pages show where their store is
    shown.mkdir()
    try:
        shoot(judged(demo, shown), pictures)
    finally:
        rmtree(shown)
