"""Secrets by name and by shape; what only looks like one stays readable."""

import secrets
import string
import time

import pytest

from harness.backends import BackendSpec, numerics
from harness.records import is_secret
from harness.secrets import MASK, masked, without_secrets

TOKEN = "aB3dE5fG7hJ9kL2mN4pQ6rS8tU0vW1xY"
SECRETS = (
    f"hf_{TOKEN}",
    f"sk-{TOKEN}",
    f"sk-proj-{TOKEN}_{TOKEN}",
    f"sk-ant-api03-{TOKEN}-{TOKEN}",
    f"ghp_{TOKEN}",
    f"github_pat_{TOKEN}",
    f"glpat-{TOKEN[:20]}",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    f"AIza{TOKEN}abc",
    "xoxb-123456789012-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    TOKEN,
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "401 for key {}: denied", "https://host/v1?x={}&y=1", '"{}"']
)
def test_what_has_the_shape_of_a_secret_is_masked(secret: str, around: str) -> None:
    text = masked(around.format(secret))
    assert secret[8:] not in text
    assert MASK in text
    assert text.startswith(around.partition("{")[0])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://kim:hunter2@host:8000/v1", "https://…@host:8000/v1"),
        ("Authorization: Bearer abc123def456", "Authorization: … …"),
        ("Authorization: token abc123def456", "Authorization: …"),
        ("api_key=hunter22&model=x", "api_key=…&model=x"),
        ("{'password': 'hunter22'}", "{'password': '…'}"),
        ("run --api-key hunter22 --limit 5", "run --api-key … --limit 5"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----.", "…."),
    ],
)
def test_what_is_said_to_be_a_secret_is_masked(text: str, kept: str) -> None:
    assert masked(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "/home/kim/models/Meta-Llama-3-8B-Instruct-DPO-r16/checkpoint-1000",
        "meta-llama/Llama-3.1-8B-Instruct",
        "0123456789abcdef" * 4,
        "the tokenizer's '<|endoftext|>' is number 50256, the model has 50000 embeddings",
        "eos_token: <|im_end|>, add_bos_token=True",
        "tensor model.layers.10.self_attn.q_proj.lora_A.weight has shape (16, 4096)",
        "BertForSequenceClassificationWithPoolingAndDropout",
        "lm-eval/truthfulqa_mc1:mcf:chat:5shot, author: Kim Lee, max_tokens: 4096",
        "https://huggingface.co/datasets/openlifescienceai/medmcqa/resolve/main/test.parquet",
        "risk-assessment-of-anticoagulation-in-the-elderly, basic programming, 患者服用阿司匹林",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert masked(text) == text


def test_settings_are_masked_by_name_at_any_depth() -> None:
    given = {"a": [{"api_key": "x", "model": "m"}], "headers": {"X": "y"}, "max_length": 5}
    kept = {"a": [{"api_key": MASK, "model": "m"}], "headers": MASK, "max_length": 5}
    assert without_secrets(given) == kept
    assert without_secrets({"token": None, "auth": ""}) == {"token": None, "auth": ""}


@pytest.mark.parametrize(
    "name", ["add_bos_token", "eos_token", "mask_token", "author", "tokenizer"]
)
def test_a_vocabularys_tokens_are_no_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    "name", ["HF_TOKEN", "openai_api_key", "Authorization", "authToken", "db_password"]
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret(name)


def test_random_words_are_masked_and_hashes_are_not() -> None:
    letters = string.ascii_letters + string.digits
    words = ["".join(secrets.choice(letters) for _ in range(40)) for _ in range(2000)]
    assert sum(masked(word) == word for word in words) <= 40
    assert masked(secrets.token_hex(32)) != MASK


@pytest.mark.parametrize(
    "part", ["sk-a", "a-", "a=b ", "a", "://", "eyJaaaaaa.", "a ", "-----BEGIN A PRIVATE KEY-----"]
)
def test_a_text_made_to_be_slow_is_not(part: str) -> None:
    start = time.process_time()
    masked(part * (200_000 // len(part)))
    assert time.process_time() - start < 2


def test_a_secret_in_the_arguments_changes_no_key() -> None:
    def key(password: str, model: str = "m") -> object:
        args = {"base_url": f"https://kim:{password}@host/v1", "model": model, "api_key": password}
        options = {"model": "local-completions", "model_args": args}
        return numerics(BackendSpec(name="lm_eval", dtype="float32", options=options))

    assert key("hunter22") == key("hunter23")
    assert key("hunter22") != key("hunter22", "other")
    assert "hunter22" not in str(key("hunter22"))


def test_the_policy_for_the_first_token_is_no_secret_and_changes_the_key() -> None:
    def key(bos: bool) -> object:
        options = {"model": "hf", "model_args": {"pretrained": "x", "add_bos_token": bos}}
        return numerics(BackendSpec(name="lm_eval", dtype="float32", options=options))

    assert key(True) != key(False)
