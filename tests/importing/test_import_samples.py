"""Samples become records and score layers that pair by document."""

import json
from pathlib import Path

import pytest
from lm_eval_files import FIRST, SECOND, brought, edited, held, sample, write, write_samples

from harness.analysis.change import change
from harness.analysis.comparability import compare
from harness.records import Likelihood, LogLikelihood
from harness.stats.bootstrap import value_of
from harness.store import Store, merge_runs

ROW = "lm-eval/quiz"
BASE, SFT = [1, 1, 1, 0, 0, 1, 1, 1], [1, 0, 1, 0, 0, 1, 0, 1]


def reasons(pairing) -> list[str]:
    return [reason.code for reason in pairing.comparability.reasons]


def both(tmp_path: Path, **changes) -> Path:
    write(tmp_path / "out", {"quiz": BASE}, "org/base")
    write(tmp_path / "out", {"quiz": SFT}, "org/sft", SECOND, **changes)
    brought(tmp_path / "out", tmp_path / "evals")
    return tmp_path / "evals"


def test_two_checkpoints_asked_alike_are_comparable_and_paired(tmp_path: Path) -> None:
    found = held(both(tmp_path))
    pairing = compare(found["base", ROW], found["sft", ROW])
    assert pairing.comparability.verdict == "COMPARABLE"
    assert pairing.comparability.paired == 8
    changed = change(found["base", ROW], found["sft", ROW], seed=1)
    assert changed.difference is not None
    assert changed.difference.estimate.value == pytest.approx(-2 / 8)
    assert "Tango" in changed.difference.estimate.method


def test_requests_and_answers_are_rebuilt_as_they_were(tmp_path: Path) -> None:
    store = Store(both(tmp_path))
    [cell] = [c for c in merge_runs(store.runs())["toy"]["cells"] if c["checkpoint"] == "base"]
    record = store.records(cell["key"])[0]
    prompt = "Question: What helps in case 0?\nAnswer:"
    assert record.requests[1] == LogLikelihood(prompt, " insulin")
    assert record.responses[1] == Likelihood(logprob=-1.5, tokens=0, greedy=False)
    assert record.fields["target"] == "1"


def test_chance_is_one_of_the_choices_and_the_unit_is_percent(tmp_path: Path) -> None:
    info = held(both(tmp_path))["base", ROW].primary.info
    assert (info.name, info.unit, info.aggregate, info.chance) == ("acc", "%", "mean", 0.25)


def test_several_right_choices_raise_the_level_of_guessing(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE})
    rows = [sample(i, bool(r), target="[0, 2]") for i, r in enumerate(BASE)]
    write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)
    brought(tmp_path / "out", tmp_path / "evals")
    assert held(tmp_path / "evals")["base", ROW].primary.info.chance == 0.5


def test_the_fingerprint_says_that_it_is_declared(tmp_path: Path) -> None:
    found = held(both(tmp_path))["base", ROW].identity
    assert found.fingerprint.startswith("declared:")
    assert found.backend["name"] == "lm-eval import"
    assert (found.backend["dtype"], found.backend["max_length"]) == ("bfloat16", "2048")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chat_template": "{{ x }}", "chat_template_sha": "f" * 64}, None),
        ({"max_length": 1024}, "max_length_differs"),
        ({"system_instruction_sha": "a" * 64}, "system_instruction_differs"),
        ({"lm_eval_version": "0.4.3"}, "metric_signature_differs"),
        ({"versions": {"quiz": 2.0}}, "task_version_differs"),
        ({"versions": {"quiz": 1.1}}, "metric_signature_differs"),
    ],
)
def test_what_was_done_otherwise_is_a_reason(tmp_path: Path, changes, code) -> None:
    found = held(both(tmp_path, **changes))
    pairing = compare(found["base", ROW], found["sft", ROW])
    if code is None:  # the words are the same after all, so nothing differs
        assert found["sft", ROW].identity.variant.format == "chat"
    else:
        assert code in reasons(pairing)
        assert pairing.comparability.verdict != "COMPARABLE"


def test_another_prompt_in_the_yaml_is_not_comparable(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/base")
    path = write(tmp_path / "out", {"quiz": SFT}, "org/sft")
    edited(path, lambda c: c["configs"]["quiz"].update(doc_to_text="Q: {{question}}"))
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")
    pairing = compare(found["base", ROW], found["sft", ROW])
    assert pairing.comparability.verdict == "INCOMPARABLE"


def test_addresses_of_functions_and_paths_of_data_are_no_other_edition(tmp_path: Path) -> None:
    def address(path: Path, where: str, at: str) -> None:
        config = {"process_docs": f"<function f at 0x{at}>", "dataset_path": f"/{where}/data"}
        edited(path, lambda c: c["configs"]["quiz"].update(config))

    address(write(tmp_path / "out", {"quiz": BASE}, "org/base"), "a", "7f12ab")
    address(write(tmp_path / "out", {"quiz": SFT}, "org/sft"), "b", "55dd00")
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")
    pairing = compare(found["base", ROW], found["sft", ROW])
    assert pairing.comparability.verdict == "COMPARABLE"


def test_other_shots_stand_in_another_row(tmp_path: Path) -> None:
    found = held(both(tmp_path, **{"n-shot": {"quiz": 5}}))
    assert set(found) == {("base", ROW), ("sft", f"{ROW}:5shot")}


def test_plain_and_chat_of_one_checkpoint_stand_in_rows_of_their_own(tmp_path: Path) -> None:
    chat = {"chat_template": "{{ x }}", "chat_template_sha": "f" * 64}
    write(tmp_path / "out", {"quiz": BASE}, "org/base")
    write(tmp_path / "out", {"quiz": SFT}, "org/sft")
    write(tmp_path / "out", {"quiz": BASE}, "org/sft", SECOND, **chat)
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")
    assert set(found) == {("base", f"{ROW}:plain"), ("sft", f"{ROW}:plain"), ("sft", f"{ROW}:chat")}
    assert found["sft", f"{ROW}:chat"].identity.template == "f" * 64


def test_a_corrected_document_is_another_one(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/base")
    path = write(tmp_path / "out", {"quiz": SFT}, "org/sft")
    rows = [sample(i, bool(r)) for i, r in enumerate(SFT)]
    rows[0]["target"] = "3"
    write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")
    pairing = compare(found["base", ROW], found["sft", ROW])
    assert "documents_differ" in reasons(pairing)
    assert pairing.comparability.paired == 7


def test_samples_of_another_run_are_no_evidence_for_a_number(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE})
    edited(path, lambda c: c["results"]["quiz"].update({"acc,none": 0.5}))
    summary = brought(tmp_path / "out", tmp_path / "evals")
    [place] = summary.places
    assert (place.evidence, place.value) == ("number", 0.5)
    [why] = [u.why for u in summary.unmapped]
    assert why == "its samples give 0.75, the file states 0.5"


def test_a_cut_file_keeps_its_documents_and_the_rest_stays_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE})
    samples = path.parent / f"samples_quiz_{FIRST}.jsonl"
    lines = samples.read_bytes().splitlines(keepends=True)
    samples.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    summary = brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")["base", ROW]
    assert (len(found.documents), found.planned) == (5, 8)
    assert any(u.file.endswith(".jsonl:6") for u in summary.unmapped)
    assert any("3 of 8 documents aren't in it" in note for note in summary.notes)


def test_one_document_with_two_scores_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "out", {"quiz": BASE})
    samples = path.parent / f"samples_quiz_{FIRST}.jsonl"
    rows = [sample(i, bool(r)) for i, r in enumerate(BASE)]
    write_samples(samples, [*rows, sample(3, True)])
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert summary.places[0].evidence == "number"
    assert any("stands twice, with other scores" in u.why for u in summary.unmapped)
    write_samples(samples, [*rows, rows[0]])  # appended twice, the same
    brought(tmp_path / "out", tmp_path / "again")
    assert len(held(tmp_path / "again")["base", ROW].documents) == 8


def test_answers_that_cannot_be_rebuilt_leave_their_hashes(tmp_path: Path) -> None:
    def infinite(i: int, right: int) -> dict:
        row = sample(i, bool(right))
        row["resps"][3] = [["-inf", "False"]]
        return row

    for model, scores in (("org/base", BASE), ("org/sft", SFT)):
        path = write(tmp_path / "out", {"quiz": scores}, model)
        rows = [infinite(i, r) for i, r in enumerate(scores)]
        write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")
    base = found["base", ROW]
    assert value_of(base.primary.info, base.primary.rows) == 0.75
    assert compare(base, found["sft", ROW]).comparability.verdict == "COMPARABLE"
    assert len(set(base.request_hashes)) == 8


def test_prompts_of_which_only_hashes_are_kept_still_pair(tmp_path: Path) -> None:
    for model, scores in (("org/base", BASE), ("org/sft", SFT)):
        path = write(tmp_path / "out", {"quiz": scores}, model)
        rows = [sample(i, bool(r), arguments=None, doc=None) for i, r in enumerate(scores)]
        write_samples(path.parent / f"samples_quiz_{FIRST}.jsonl", rows)
    brought(tmp_path / "out", tmp_path / "evals")
    found = held(tmp_path / "evals")
    pairing = compare(found["base", ROW], found["sft", ROW])
    assert (pairing.comparability.verdict, pairing.comparability.paired) == ("COMPARABLE", 8)
    assert found["base", ROW].primary.info.chance == 0  # nobody says how many choices there are


def test_names_come_from_folders_and_are_longer_where_two_share_one(tmp_path: Path) -> None:
    for model in ("runs/a/final", "runs/b/final", "org/base"):
        write(tmp_path / "out", {"quiz": BASE}, model)
    brought(tmp_path / "out", tmp_path / "evals")
    assert {name for name, _ in held(tmp_path / "evals")} == {"a/final", "b/final", "base"}


def test_two_revisions_of_one_model_are_two_checkpoints(tmp_path: Path) -> None:
    for revision, stamp in (("step1", FIRST), ("step2", SECOND)):
        args = {"model_args": f"pretrained=org/base,revision={revision}"}
        write(tmp_path / "out", {"quiz": BASE}, "org/base", stamp, config=args)
    brought(tmp_path / "out", tmp_path / "evals")
    assert {name for name, _ in held(tmp_path / "evals")} == {
        "org/base@step1",
        "org/base@step2",
    }


def test_secrets_in_model_arguments_are_never_stored(tmp_path: Path) -> None:
    args = {"model_args": "pretrained=org/base,token=hf_abcdefghijklmnopqrstuvwxyz123456"}
    write(tmp_path / "out", {"quiz": BASE}, config=args)
    brought(tmp_path / "out", tmp_path / "evals")
    stored = [p.read_bytes() for p in (tmp_path / "evals").rglob("*") if p.is_file()]
    assert stored
    assert not any(b"hf_abcdefghij" in content for content in stored)


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    store = both(tmp_path)
    before = {p: p.read_bytes() for p in store.rglob("*") if p.is_file()}
    summary = brought(tmp_path / "out", store)
    assert summary.run is None
    assert {p: p.read_bytes() for p in store.rglob("*") if p.is_file()} == before


def test_files_of_strange_shape_are_listed_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path / "out", {"quiz": BASE})
    (tmp_path / "out" / "results_x.json").write_text("[1, 2")
    (tmp_path / "out" / "results_y.json").write_text(json.dumps({"results": {}}))
    (tmp_path / "out" / "results_z.json").write_text(json.dumps({"results": {"a": {"acc": 1}}}))
    summary = brought(tmp_path / "out", tmp_path / "evals")
    assert {u.file for u in summary.unmapped} == {
        "results_x.json",
        "results_y.json",
        "results_z.json",
    }
    assert len(summary.places) == 1
