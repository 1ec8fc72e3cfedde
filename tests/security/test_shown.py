"""Whatever strangers wrote, what is shown steers no terminal and becomes no markup."""

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import go

from harness.analysis.families import table_of
from harness.render import inert_json, say
from harness.store import Store, merge_runs
from harness.store.metric_shape import info_from_json

Run = Callable[..., Any]
Write = Callable[..., Path]

NASTY = (
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eevil\u2066",
    "\x9b2J\x85",
    "a\r\nb\tc",
    "![i](http://x.example/y.png)",
    "[l](http://x.example) <img src=http://x.example/z>",
    "<script>alert(1)</script> | `code` **bold**",
    "\u2028\u2029\ufeff\U000e0041",
)


def steering(text: str) -> set[str]:
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return {c for c in text if unicodedata.category(c) in kinds and c != "\n"}


@pytest.fixture
def store(write_spec: Write) -> Store:
    """A store whose account has been made nasty by hand: a spec couldn't say all of it."""
    path = write_spec()
    go(path)
    store = Store(path.parent / "evals")
    (file,) = store.run_files()
    run = json.loads(file.read_text())
    new = dict(zip(("base", "sft", "dpo"), NASTY[:3], strict=True))
    for checkpoint in run["checkpoints"]:
        checkpoint["name"] = new[checkpoint["name"]]
        checkpoint["parent"] = new.get(checkpoint["parent"])
    for cell, nasty in zip(run["cells"], NASTY[4:], strict=False):
        cell["checkpoint"] = new[cell["checkpoint"]]
        cell["row"], cell["language"] = nasty, NASTY[3]
    run["family"] = NASTY[5]
    file.write_text(json.dumps(run))
    return store


COMMANDS = (
    ["ls"],
    ["ls", "--json"],
    ["show"],
    ["show", "--json"],
    ["show", "--cost"],
    ["show", "--markdown"],
    ["show", "\x1b[2J"],
    ["store", "ls"],
    ["store", "ls", "--json"],
    ["store", "verify"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_lets_a_store_steer_the_terminal(
    aligntax: Run, store: Store, command: list[str]
) -> None:
    ended = aligntax(*command, "--store", store.root)
    assert ended.out or ended.err
    assert steering(ended.out + ended.err) == set()


def test_json_says_the_same_with_its_control_characters_as_escapes() -> None:
    given = {"a\u202e": "\x9b \U000e0041 患者 👩\u200d🔬", "b": [1, "x\ny"]}
    text = inert_json(json.dumps(given, ensure_ascii=False, indent=1))
    assert json.loads(text) == given
    assert steering(text) == {"\u200d"}
    assert "患者" in text


def test_markdown_of_a_store_has_no_link_image_or_tag(aligntax: Run, store: Store) -> None:
    out = aligntax("show", "--markdown", "--store", store.root).out
    assert "x.example" in out
    assert not re.search(r"!?\[[^\]]*\]\(|<(?!br>)", out)


def test_a_plan_and_its_errors_steer_nothing(aligntax: Run, write_spec: Write) -> None:
    names = [name for name in NASTY if not re.search(r"[\x00-\x1f\x7f]", name)]
    path = write_spec(
        checkpoints=[{"name": n, "stage": "base", "model": f"toy/{i}"} for i, n in enumerate(names)]
    )
    plan = aligntax("run", path, "--dry-run")
    assert plan.code == 0
    assert steering(plan.out + plan.err) == set()
    wrong = aligntax("run", write_spec(tasks=[names[0]]), "--tasks", NASTY[0])
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert steering(wrong.err) == set()


def test_a_message_shows_what_it_may_not_do(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"aligntax: {NASTY[0]} for hf_aB3dE5fG7hJ9kL2mN4pQ\nsecond line")
    assert capsys.readouterr().err == "aligntax: ␛[31mred␛]0;title␇ for …\nsecond line\n"


def test_units_of_a_store_are_plain_words(store: Store) -> None:
    """A unit stands beside numbers where nothing is escaped, so nothing else is read as one."""
    (family,) = merge_runs(store.runs()).values()
    info = table_of(store, family).rows[0].info
    data = {name: getattr(info, name) for name in info.__slots__}
    assert info_from_json({**data, "unit": "tokens/s"}).unit == "tokens/s"
    for unit in (*NASTY, "x" * 50):
        with pytest.raises(ValueError, match="unit"):
            info_from_json({**data, "unit": unit})
