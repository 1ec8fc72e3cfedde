"""What the sequential gate doesn't judge: refused with the reason, before anything is asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from planted import Family, Planted, only
from toys import quiz_rows

from harness.errors import DamageError, SpecError
from harness.records import Generate, Generation, Likelihood

QUIZ = "allow_underpowered: true\nrules: [{task: '*', margin: 2}]\n"


def never(*_: object) -> Any:
    raise AssertionError("a model was opened")


def family_of(folder: Path, task: dict[str, Any] | None = None, rows: Any = None) -> Family:
    family = Family(folder, 60)
    if task is not None or rows is not None:
        family.write_tasks({"quiz": task or {}}, rows)
    family.plant("sft", Saying())
    family.run("sft")
    return family


class Saying(Planted):
    """Answers whatever it is asked."""

    def respond(self, requests):  # type: ignore[no-untyped-def]
        for index, request in enumerate(requests):
            if isinstance(request, Generate):
                n = request.n
                yield (
                    index,
                    Generation(texts=("one two",) * n, finish=("stop",) * n, tokens=(2,) * n),
                )
            else:
                yield index, Likelihood(logprob=-float(index), tokens=7)


def refused(family: Family, policy: str = QUIZ, orders: int = 0, **changes: Any) -> str:
    with pytest.raises(SpecError) as caught:
        family.gate(policy, open_=never, **changes)
    said = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in said
    assert len(family.orders()) == orders
    return said


def test_a_group_is_refused(tmp_path: Path) -> None:
    said = refused(
        family_of(tmp_path), "allow_underpowered: true\nrules: [{group: general, margin: 2}]\n"
    )
    assert said == (
        "gate: group general: group general: the mean over a group can't be judged sequentially; "
        "run without --sequential"
    )


@pytest.mark.parametrize(
    ("task", "metric", "why"),
    [
        (
            {"kind": "perplexity", "data": "texts.jsonl"},
            None,
            "is no mean over documents but of all of them together",
        ),
        ({"kind": "multiple_choice", "data": "quiz.jsonl"}, "ece", "is no mean over documents"),
    ],
)
def test_metrics_that_are_no_mean_of_documents_are_refused(
    tmp_path: Path, task: dict[str, Any], metric: str | None, why: str
) -> None:
    lines = [json.dumps({"text": f"A text about the number {i}."}) for i in range(60)]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines) + "\n")
    family = Family(tmp_path, 60)
    family.write_tasks({"quiz": task | ({} if metric is None else {"variants": ["mcf"]})})
    family.plant("sft", Saying())
    family.run("sft")
    rule = "margin: 2" if metric is None else f"margin: 2, metric: {metric}"
    said = refused(family, f"allow_underpowered: true\nrules: [{{task: '*', {rule}}}]\n")
    assert why in said
    assert said.endswith("; run without --sequential")


def test_a_margin_of_the_whole_range_is_refused(tmp_path: Path) -> None:
    said = refused(family_of(tmp_path), QUIZ.replace("margin: 2", "margin: 100"))
    assert "allows any loss" in said


def test_clusters_with_the_target_benchmark_are_refused(tmp_path: Path) -> None:
    rows = [{**row, "cluster": f"c{i // 3}"} for i, row in enumerate(quiz_rows(68))]
    said = refused(family_of(tmp_path, rows=rows), "target: benchmark\n" + QUIZ)
    assert "clusters can't be judged with the target 'benchmark'" in said


def test_sampled_answers_with_the_target_benchmark_are_refused(tmp_path: Path) -> None:
    family = Family(tmp_path, 60)
    prompts = [json.dumps({"prompt": f"Tell story {i}."}) for i in range(60)]
    (tmp_path / "prompts.jsonl").write_text("\n".join(prompts) + "\n")
    family.write_tasks({"quiz": {"kind": "diversity", "data": "prompts.jsonl"}})
    family.plant("sft", Saying())
    family.run("sft")
    rule = "rules: [{task: quiz, margin: 50, metric: distinct_1}]\n"
    said = refused(family, "target: benchmark\n" + rule)
    assert "answers are sampled (temperature > 0)" in said
    family.plant("dpo", Saying())
    assert family.gate("allow_underpowered: true\n" + rule).decision == "PASS"  # of a distribution
    said = refused(family, "rules: [{task: quiz, margin: 1}]\n", orders=1)
    assert "ead isn't known to lie between 0 and 1" in said


def test_a_margin_that_so_few_documents_cant_show_is_refused(tmp_path: Path) -> None:
    said = refused(family_of(tmp_path), "rules: [{task: '*', margin: 2}]\n")
    assert "the margin 2 pt is less than the" in said
    assert "60 can show" in said


def test_an_unknown_checkpoint_is_refused_with_the_nearest(tmp_path: Path) -> None:
    said = refused(family_of(tmp_path), candidate="dpo2")
    assert said == "--spec: no checkpoint 'dpo2'; did you mean 'dpo'?"


def test_rules_without_comparable_evidence_are_incomparable_and_nothing_is_asked(
    tmp_path: Path,
) -> None:
    family = family_of(tmp_path)
    family.write_tasks({"quiz": {}, "other": {"variants": ["mcf"]}})
    found = family.gate(QUIZ, open_=never)
    assert (found.decision, found.exit_code) == ("INCOMPARABLE", 4)
    by_row = {rule.row: rule for rule in found.rules}
    assert by_row["other:mcf:plain"].reasons == ("the reference has none of it",)
    assert by_row["quiz:plain"].reasons == ("not asked: another rule can't be judged",)
    nothing = family.gate("rules: [{task: elsewhere, margin: 2}]\n", open_=never)
    assert (nothing.exit_code, only(nothing).reasons) == (4, ("no evidence of it",))
    family.write_tasks({"other": {"variants": ["mcf"]}})
    gone = family.gate(QUIZ, open_=never)
    assert {rule.reasons[0] for rule in gone.rules} == {
        "the run.yaml doesn't ask it",
        "the reference has none of it",
    }
    assert family.orders() == []


def test_documents_that_the_reference_lacks_are_no_silent_pass(tmp_path: Path) -> None:
    family = Family(tmp_path, 60)
    family.plant("sft", Planted())
    family.run("sft", limit=30)
    family.plant("dpo", Planted())
    found = family.gate(open_=never)
    assert only(found).reasons == ("50.0 % of the documents can be paired, 100 % needed",)


def test_other_prompts_are_incomparable_unless_the_policy_takes_them(tmp_path: Path) -> None:
    family = family_of(tmp_path)
    family.write_tasks({"quiz": {"shots": 2}})
    rows = family.job().plan.cells[0].row
    assert rows != "quiz:plain"  # another row altogether
    assert family.gate(QUIZ, open_=never).exit_code == 4


def test_an_edited_order_is_damage(tmp_path: Path) -> None:
    family = family_of(tmp_path)
    family.plant("dpo", Planted())
    family.gate(QUIZ)
    [path] = (tmp_path / "evals").glob("verdicts/orders/*.json")
    kept = path.read_text()
    for old, new in (('"policy_seed": 0', '"policy_seed": 1'), ('"units": 60', '"units": "x"')):
        path.write_text(kept.replace(old, new))
        with pytest.raises(DamageError, match="verdicts/orders"):
            family.gate(QUIZ, open_=never)
    path.write_text(kept)
    family.gate(QUIZ, open_=never)


def test_every_rule_that_cant_be_judged_so_is_counted(tmp_path: Path) -> None:
    family = Family(tmp_path, 60, {"a": {}, "b": {"variants": ["mcf"]}})
    family.plant("sft", Planted())
    family.run("sft")
    said = refused(family, "rules: [{task: '*', margin: 2}]\n")
    assert said.startswith("gate: task *: a:plain: the margin 2 pt")
    assert said.endswith("; 1 more can't be judged so either")
