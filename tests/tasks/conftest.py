"""A data folder of published sets, written for these tests."""

from pathlib import Path

import pytest
from published_twins import TWINS
from toys import write_jsonl


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few rows of each published set's shape."""
    folder = tmp_path_factory.mktemp("data")
    for name, splits in TWINS.items():
        (folder / name).mkdir()
        for split, rows in splits.items():
            write_jsonl(folder / name / f"{split}.jsonl", rows)
    return folder
