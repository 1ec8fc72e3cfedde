"""A tiny model with a chat template, as our backend and as lm-eval's model."""

from pathlib import Path
from typing import Any

import pytest
from lm_eval_toys import TEMPLATE, Yamls
from tiny_models import opened, save, tiny_llama, tiny_tokenizer


@pytest.fixture
def write_yaml(tmp_path: Path) -> Yamls:
    return Yamls(tmp_path)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with a chat template."""
    tokenizer = tiny_tokenizer(bos=False)
    tokenizer.chat_template = TEMPLATE
    large = tiny_llama(tokenizer, max_position_embeddings=512)
    return save(tmp_path_factory.mktemp("model"), large, tokenizer)


@pytest.fixture(scope="session")
def oracle(model: Path) -> Any:
    """lm-eval's own class over the same weights."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(model), dtype="float32", device="cpu", batch_size=1, max_length=512)


@pytest.fixture(scope="session")
def backend(model: Path) -> Any:
    return opened(model, max_length=512, batch_size=1)


@pytest.fixture(scope="session")
def scripted(oracle: Any) -> Any:
    """An lm-eval model without weights; HFLM renders its chats."""
    from lm_eval.api.model import LM

    class Scripted(LM):
        tokenizer_name = "toy"

        def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
            return [(-float(len(r.args[1])), False) for r in requests]

        def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
            return [-float(len(r.args[0])) for r in requests]

        def generate_until(self, requests: list[Any]) -> list[str]:
            return ["oxygen" for _ in requests]

        def chat_template(self, chat_template: Any = False) -> str:
            return TEMPLATE

        def apply_chat_template(
            self, history: list[dict[str, str]], add_generation_prompt: bool = True
        ) -> str:
            return str(oracle.apply_chat_template(history, add_generation_prompt))

    return Scripted()
