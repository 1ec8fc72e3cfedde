"""Folders of tiny models, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny_models import save, tiny_llama, tiny_tokenizer


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny matrices lose more to threads on a busy machine than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def without_bos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose tokenizer has no BOS (like Qwen's)."""
    tokenizer = tiny_tokenizer(bos=False)
    return save(tmp_path_factory.mktemp("plain"), tiny_llama(tokenizer), tokenizer)


@pytest.fixture(scope="session")
def with_bos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose tokenizer adds a BOS (like Llama's)."""
    tokenizer = tiny_tokenizer(bos=True)
    return save(tmp_path_factory.mktemp("bos"), tiny_llama(tokenizer, seed=1), tokenizer)
