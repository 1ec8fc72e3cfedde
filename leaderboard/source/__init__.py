"""What the pages read; the only package here that knows the store and the analysis."""

import os
from pathlib import Path


def store_path() -> Path:
    """Return the store that ``aligntax board`` was started on."""
    return Path(os.environ.get("ALIGNTAX_STORE", "evals"))


def share_safe() -> bool:
    """Tell whether texts of documents and models are hidden, as ``--share-safe`` asks."""
    return os.environ.get("ALIGNTAX_SHARE_SAFE", "") not in ("", "0")
