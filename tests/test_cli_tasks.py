"""``aligntax tasks`` lists, shows and checks."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from toys import quiz_rows, write_jsonl

from harness import cli
from harness.records import Generate, LogLikelihood, RollingLogLikelihood
from harness.registry import builtin_tasks
from harness.render import prompt_text, spelled_out

Aligntax = Callable[..., tuple[int, str, str]]
COMMANDS = sorted(typer.main.get_command(cli.app).commands["tasks"].commands)  # type: ignore[attr-defined]


@pytest.fixture
def aligntax(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Aligntax:
    """Return a function that runs the command line: (exit code, stdout, stderr)."""

    def run(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", "tasks", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        code = caught.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_is_in_the_readme(
    aligntax: Aligntax, command: str, pytestconfig: pytest.Config
) -> None:
    code, out, _ = aligntax(command, "--help")
    assert code == 0
    assert f"Example: aligntax tasks {command}" in out
    named = "aligntax tasks [NAME]" if command == "show" else f"aligntax tasks {command}"
    assert named in (pytestconfig.rootpath / "README.md").read_text()


def test_the_list_has_every_task_with_what_is_known_of_it(aligntax: Aligntax) -> None:
    code, out, _ = aligntax()
    assert code == 0
    head, *lines = out.splitlines()
    assert head.split() == [
        *("task", "kind", "capability", "language", "items", "primary", "metric", "licence"),
    ]
    [line] = [line for line in lines if line.startswith("medical_qa_en ")]
    assert line.split() == [
        *("medical_qa_en", "multiple_choice", "domain", "en", "150", "acc_norm", "Apache-2.0"),
    ]
    listed = json.loads(aligntax("--json")[1])
    assert {task["name"] for task in listed} == {*builtin_tasks()}


def test_items_are_counted_where_the_data_can_be_read_without_network(
    aligntax: Aligntax, tmp_path: Path
) -> None:
    def items(*args: object) -> int | None:
        listed = json.loads(aligntax("--json", *args)[1])
        return next(task["items"] for task in listed if task["name"] == "openbookqa")

    assert items() is None
    rows = [{**row, "choices": [*"abcd"]} for row in quiz_rows(5)]
    (tmp_path / "openbookqa").mkdir()
    write_jsonl(tmp_path / "openbookqa" / "test.jsonl", rows)
    write_jsonl(tmp_path / "openbookqa" / "dev.jsonl", rows)
    assert items("--data", tmp_path) == 5


def test_a_task_is_shown_with_one_prompt_per_variant(aligntax: Aligntax) -> None:
    code, out, _ = aligntax("medical_qa_en")
    assert code == 0
    assert re.search(r"^licence +Apache-2.0$", out, re.MULTILINE)
    assert re.search(r"^items +150$", out, re.MULTILINE)
    heads = re.findall(r"^(medical_qa_en\S*), document drug_class-015", out, re.MULTILINE)
    assert len(heads) == 6  # cf, mcf, gen; plain, chat
    assert out.count("template: generic ChatML, no checkpoint's") == 3
    assert "│ <|im_start|>user↵" in out
    assert "│ ·benzodiazepines\n" in out
    assert "│ ·B\n" in out


def test_a_variant_is_shown_as_a_run_asks_it(aligntax: Aligntax) -> None:
    shown = json.loads(aligntax("medical_qa_zh:mcf:plain:2shot", "--json")[1])
    [prompt] = shown["prompts"]
    assert (prompt["formulation"], prompt["format"], prompt["shots"]) == ("mcf", "plain", 2)
    [first, *_] = prompt["requests"]
    assert first["context"].count("问题：") == 3
    assert first["continuation"] == "A"
    assert prompt["template"] is None


def test_a_named_checkpoints_template_renders_the_chat(
    aligntax: Aligntax, pytestconfig: pytest.Config
) -> None:
    family = pytestconfig.rootpath / "harness" / "demo"
    [model] = sorted({path.parent for path in family.rglob("chat_template.jinja")})[-1:]
    _, out, _ = aligntax("medical_qa_en:mcf:chat", "--model", model)
    assert "generic" not in out
    assert f"template: {model}" in out
    assert aligntax("medical_qa_en:mcf:chat", "--model", "/absent")[0] == 2


def test_a_task_without_its_data_is_shown_without_prompts(aligntax: Aligntax) -> None:
    code, out, err = aligntax("pubmedqa")
    assert (code, err.count("\n")) == (0, 1)
    assert "no prompts: pubmedqa_l: a `data:` folder is needed" in err
    assert "unknown without its data" in out


def test_mistakes_are_one_line(aligntax: Aligntax, tmp_path: Path) -> None:
    code, _, err = aligntax("medical_qa_eng")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean 'medical_qa_en'" in err
    (tmp_path / "mine.py").write_text("1 / 0")
    code, _, err = aligntax(tmp_path / "mine.py")
    assert (code, "--allow-code" in err) == (2, True)
    code, _, err = aligntax(tmp_path / "mine.py", "--allow-code")
    assert (code, "ZeroDivisionError" in err, err.count("\n")) == (2, True, 1)


def test_check_ends_with_2_for_bad_rows_and_with_0_for_warnings(
    aligntax: Aligntax, tmp_path: Path
) -> None:
    rows = [{**row, "id": f"{n}"} for n, row in enumerate([*quiz_rows(20), *quiz_rows(20)])]
    path = write_jsonl(tmp_path / "quiz.jsonl", rows)
    code, out, _ = aligntax("check", path, "--train", path)
    assert code == 0
    assert "warning  duplicates: questions asked more than once: 20" in out
    assert "warning  exact overlap: 40 of 40 questions" in out
    write_jsonl(path, [*rows, {"question": "?"}])
    code, out, _ = aligntax("check", path, "--kind", "multiple_choice")
    assert code == 2
    assert "quiz.jsonl:41: field 'choices' is missing" in out
    assert json.loads(aligntax("check", path, "--json")[1])["documents"] == 40


def test_check_counts_tokens_as_a_checkpoint_does(
    aligntax: Aligntax, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    family = pytestconfig.rootpath / "harness" / "demo"
    model = sorted({path.parent for path in family.rglob("tokenizer.json")})[0]
    path = write_jsonl(tmp_path / "quiz.jsonl", quiz_rows())
    _, out, _ = aligntax("check", path, "--model", model, "--max-length", "16")
    assert "40 are longer than 16 tokens" in out
    assert "about" not in out


def test_every_hidden_character_of_a_prompt_is_seen() -> None:
    assert spelled_out("a \n\n b\t\u3000c\u200b") == ["a·↵", "↵", "·b␉\\u3000c\\u200b"]
    assert spelled_out("a\n") == ["a↵"]
    assert spelled_out("  ") == ["··"]


def test_a_context_stands_once_with_all_that_follows_it() -> None:
    asked = [LogLikelihood("Q:", " a"), LogLikelihood("Q:", " b"), LogLikelihood("", " a")]
    assert prompt_text(asked).splitlines() == [
        *("context", "  │ Q:", "continuations", "  │ ·a", "  │ ·b"),
        *("context", "  │ (nothing)", "continuations", "  │ ·a"),
    ]
    assert prompt_text([RollingLogLikelihood("x")]) == "scored text\n  │ x"
    generated = prompt_text([Generate(context="Q", stop=("\n\n",), max_tokens=3)])
    assert generated.splitlines()[-1] == "generated: at most 3 tokens, until “↵↵”"
