import pytest
from cells import evidence, mean_rows, rng, scores

from harness.analysis.stages import stage_table
from harness.metrics.metric import MetricInfo
from harness.records import Variant
from harness.render import stage_table_markdown, stage_table_text
from harness.results import StageTable

CHAT = Variant(formulation="mcf", format="chat")


def family(**tuned: object) -> StageTable:
    cells = [
        evidence("base", [0] * 30 + [1] * 10),
        evidence("sft", [1] * 40, **tuned),
        evidence("dpo", [1] * 40, **tuned),
    ]
    return stage_table(cells, rng())


def test_the_table_shows_estimates_and_paired_differences() -> None:
    text = stage_table_text(family(), width=120, colour=False)
    assert "GENERAL" in text
    assert "accuracy, chance 25, n 40" in text
    assert "25.0 [14.2, 40.2]" in text
    assert "▲ +75.0 [59.7, 85.8]" in text
    assert "· +0.0 [−8.8, 8.8]" in text
    assert "95 % intervals (Wilson)" in text
    assert "aligned, vs sft" in text


def test_a_plain_number_is_in_no_unit() -> None:
    info = MetricInfo(name="ead", signature="ead", columns=("x", "n"), aggregate="mean", unit="")
    cell = evidence(scores=scores(info, mean_rows([0.5, 0.75, 1.0])))
    text = stage_table_text(stage_table([cell], rng()), width=120, colour=False)
    assert "ead, n 3" in text


def test_three_checkpoints_fit_120_columns() -> None:
    lines = stage_table_text(family(), width=120, colour=False).splitlines()
    assert max(map(len, lines)) <= 120
    assert sum("base" in line and "dpo" in line for line in lines) == 1


def test_more_checkpoints_than_fit_make_more_tables() -> None:
    cells = [
        evidence("base"),
        *(evidence(f"sft-{i}", stage="sft", parent="base") for i in range(9)),
    ]
    text = stage_table_text(stage_table(cells, rng()), width=100, colour=False)
    assert max(map(len, text.splitlines())) <= 100
    for i in range(9):
        assert f"sft-{i}" in text
    assert text.count("GENERAL") > 1


def test_what_was_asked_differently_carries_its_reason() -> None:
    asked = {"variant": CHAT, "request_hashes": tuple(f"c{i}" for i in range(40))}
    text = stage_table_text(family(**asked), width=120, colour=False)
    assert "≈ +75.0 [59.7, 85.8]¹" in text
    assert "¹ qualified: format differs (plain, chat)" in text
    assert "▲" not in text


def test_what_is_missing_is_a_dash_with_its_reason() -> None:
    cells = [evidence("base"), evidence("sft"), evidence("dpo", row="other")]
    text = stage_table_text(stage_table(cells, rng()), width=120, colour=False)
    assert "—¹" in text
    assert "¹ not evaluated" in text
    assert "sft wasn't evaluated" in text
    assert "×" not in text
    assert "nan" not in text.lower()


def test_incomplete_cells_say_so() -> None:
    cell = evidence("base", (1, 0), statuses=("ok", "no_answer"), errors=1, planned=5)
    text = stage_table_text(stage_table([cell], rng()), width=120, colour=False)
    folded = " ".join(text.split())
    assert "40 % covered, 1 error," in folded
    assert "1 no answer" in folded


def test_colour_is_only_for_those_who_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    table = family()
    assert "\x1b" not in stage_table_text(table)
    assert "\x1b[32m▲" in stage_table_text(table, width=120, colour=True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in stage_table_text(table, width=120)
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" in stage_table_text(table, width=120)


@pytest.mark.parametrize("name", ["[red]x[/red]", "a\x1b[2Jb", "a|b", "<b>x", "x\ny"])
def test_hostile_names_are_shown_and_do_nothing(name: str) -> None:
    table = stage_table([evidence(name, row=name)], rng())
    text = stage_table_text(table, width=120, colour=False)
    assert "\x1b" not in text
    if name.startswith("["):
        assert text.count(name) == 2
    page = stage_table_markdown(table)
    body = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 3 for line in body)
    assert "<b>" not in page


def test_markdown_has_one_row_per_task_and_one_column_per_checkpoint() -> None:
    page = stage_table_markdown(family())
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert lines[0] == "| | **base** | **sft**<br>vs base | **dpo**<br>aligned, vs sft |"
    assert lines[1] == "|---|---|---|---|"
    assert len(lines) == 4
    assert "100.0 [91.2, 100.0]<br>▲ +75.0 [59.7, 85.8]" in lines[3]


def test_no_evidence_is_said() -> None:
    empty = stage_table([], rng())
    assert stage_table_text(empty, width=80) == "no evidence yet\n"
    assert stage_table_markdown(empty) == "no evidence yet\n"
