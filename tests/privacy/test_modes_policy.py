"""The strictest word counts; what stands for a text is masked or hashed, and ids stay different."""

import json
from pathlib import Path

import pytest
from leaks import leaks
from wards import Aligntax, Ward, evaluate, planted

from harness.data import DataSet, LocalFile
from harness.errors import SpecError
from harness.evaluate import Overrides, prepare
from harness.kinds.multiple_choice import multiple_choice
from harness.privacy.keys import OwnerKey
from harness.privacy.masking import Masker
from harness.privacy.policy import cleaned, strictest
from harness.privacy.veil import OPEN, Redacted, Sensitive, Yielded
from harness.records import (
    Document,
    Generate,
    Generation,
    LogLikelihood,
    Privacy,
    SampleRecord,
)
from harness.spec import load_spec
from harness.store.codec import (
    read_segment,
    read_table,
    record_from_json,
    record_to_json,
    records_of,
    write_segment,
)
from harness.task import Card

KEY = OwnerKey(b"k" * 32)
VALUES = [each["value"] for each in planted()]
QUIZ = {"name": "first", "kind": "multiple_choice", "capability": "domain", "data": "first.jsonl"}
CARD = Card(name="own", capability="domain", language="en", licence="none", source="here")
NOTE = "Patient: Zhang Meiling, phone 13912345678."
RECORD = SampleRecord(
    cell="c",
    document="d1",
    status="truncated",
    reason="truncated: Zhang Meiling was",
    fields={"question": NOTE, "age": 45},
    cluster="Zhang Meiling",
    requests=(
        LogLikelihood("Patient name:", " Robert Kowalski"),
        Generate(context=f"{NOTE}\nWho?", stop=("\n",)),
    ),
    responses=(Generation(texts=("ZHANG MEILING, 1391234",), finish=("length",), tokens=(9,)),),
)
YIELDED = Yielded({"acc|v": (1.0, 0.1 + 0.2)}, {"acc|v": 1 / 3})


@pytest.mark.parametrize(
    ("modes", "holds"),
    [
        ((None, None), None),
        ((None, "accept"), "accept"),
        (("accept", "redacted", None), "redacted"),
        (("redacted", "sensitive", "accept"), "sensitive"),
    ],
)
def test_the_strictest_mode_holds(modes: tuple[Privacy | None, ...], holds: Privacy) -> None:
    assert strictest(*modes) == holds


def test_a_run_an_entry_a_card_and_a_set_each_can_only_be_stricter(ward: Ward) -> None:
    def mode(run: str | None, **entry: object) -> str | None:
        path = ward(run, tasks=[{**QUIZ, **entry}])
        return prepare(load_spec(path)).plan.cells[0].veil.mode

    assert mode("sensitive", privacy="accept") == "sensitive"
    assert mode("accept", privacy="redacted") == "redacted"
    assert mode("redacted", sensitive=True) == "sensitive"
    assert mode(None, privacy="accept") is None
    file = LocalFile(Path("x.jsonl"), sensitive=True)
    assert multiple_choice(CARD, file).card.sensitive
    assert multiple_choice(CARD, DataSet(set="x", sensitive=True)).card.sensitive
    assert not multiple_choice(CARD, DataSet(set="x")).card.sensitive


@pytest.mark.parametrize("asked", ["medical_qa_en", "medical_qa_en:cf", "medical_qa_zh:mcf"])
def test_a_task_named_on_the_command_line_is_as_private_as_in_the_spec(
    ward: Ward, asked: str
) -> None:
    path = ward(None, tasks=[{"task": "medical_qa_en", "sensitive": True}])
    job = prepare(Overrides(tasks=asked).apply(load_spec(path)))
    assert [cell.veil.mode for cell in job.plan.cells] == ["sensitive"] * 2


def test_two_answers_in_one_entry_are_a_mistake(ward: Ward) -> None:
    with pytest.raises(SpecError, match="`sensitive: true` and `privacy: accept`; keep one"):
        load_spec(ward(None, tasks=[{**QUIZ, "sensitive": True, "privacy": "accept"}]))
    with pytest.raises(SpecError, match=r"privacy: .*'accept', 'redacted' or 'sensitive'"):
        load_spec(ward("secret", tasks=[QUIZ]))


def test_an_open_cell_stores_everything_as_it_is() -> None:
    assert OPEN.over(RECORD, YIELDED) is RECORD
    assert OPEN.identity == {}
    assert OPEN.content(RECORD.as_document) == (RECORD.as_document.hash, "Zhang Meiling")


def test_redacted_masks_what_any_text_of_the_document_gives_away() -> None:
    stored = Redacted(KEY).over(RECORD, YIELDED)
    assert stored.fields == {"question": "Patient: [NAME], phone [PHONE].", "age": 45}
    asked, generated = stored.requests
    assert asked == LogLikelihood("Patient name:", " [NAME]")
    assert generated.context == "Patient: [NAME], phone [PHONE].\nWho?"  # type: ignore[union-attr]
    assert stored.responses[0].texts == ("[NAME], [PHONE]",)  # type: ignore[union-attr]
    assert stored.reason == "truncated: [NAME] was"
    assert stored.cluster == KEY.hash("cluster", "Zhang Meiling")
    assert stored.document == "d1"


def test_sensitive_keeps_lengths_and_hashes_that_differ_between_documents() -> None:
    veil = Sensitive(KEY)
    stored = veil.over(RECORD, YIELDED)
    assert stored.fields["question"].endswith(f":{len(NOTE)}")
    assert stored.reason == "truncated"
    assert stored.requests[1].max_tokens == 256  # type: ignore[union-attr]
    assert leaks(repr(stored), ["Zhang", "Patient", "Kowalski", "Who", "13912345678"]) == []
    other = veil.over(SampleRecord(**{**fields_of(RECORD), "document": "d2"}), YIELDED)
    assert other.fields["question"] != stored.fields["question"]
    assert veil.over(RECORD, YIELDED) == stored


def fields_of(record: SampleRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


@pytest.mark.parametrize("veil", [Redacted(KEY), Sensitive(KEY)])
def test_ids_that_tell_something_are_hashed_and_stay_different(veil: Redacted) -> None:
    fields = {"question": NOTE}
    made = Document(id="", fields=fields).hash[:12]  # what a row without an id gets
    ids = ["Zhang Meiling", "Zhang Meiling 2", "13912345678", made, f"{made}-2", "plain"]
    names = {id_: veil.name(Document(id=id_, fields=fields)) for id_ in ids}
    assert len({*names.values()}) == len(ids)
    assert {id_ for id_, name in names.items() if name == id_} == (
        {"plain"} if veil.mode == "redacted" else set()
    )


@pytest.mark.parametrize("veil", [Redacted(KEY), Sensitive(KEY)])
def test_a_private_record_survives_journal_and_segment(veil: Redacted, tmp_path: Path) -> None:
    stored = veil.over(RECORD, YIELDED)
    assert record_from_json(json.loads(json.dumps(record_to_json(stored)))) == stored
    path = write_segment(tmp_path, [stored])
    segment = read_segment(path)
    assert segment is not None
    assert [*records_of(segment, "c")] == [stored]
    assert stored.request_hash == veil.hash(RECORD.request_hash) != RECORD.request_hash
    assert stored.document_hash == veil.hash(RECORD.document_hash)
    assert stored.response_hash == veil.hash(RECORD.response_hash)


def test_a_segment_of_open_records_has_no_column_for_private_ones(tmp_path: Path) -> None:
    open_, private = (write_segment(tmp_path, [r]) for r in (RECORD, Redacted(KEY).over(*PAIR)))
    assert "veiled" not in read_table(open_).column_names
    assert "veiled" in read_table(private).column_names


PAIR = (RECORD, YIELDED)


def test_a_name_is_masked_as_a_word_not_inside_others() -> None:
    masker = Masker()
    masker.learn("Patient: Ali Chen came.")
    assert masker.text("ALI CHEN; Ali Chenille") == "[NAME]; Ali Chenille"
    assert masker.text("seen by Ali Ch") == "seen by [NAME]"


def test_a_run_file_keeps_no_options_that_may_quote_and_masks_the_rest() -> None:
    spec = {
        "tasks": [{"data": "/w/13912345678/x", "options": {"prompt": NOTE}}],
        "backend": {"name": "fake", "options": {"answers": {"a": "b"}}},
        "seed": 7,
    }
    redacted, sensitive = (cleaned(spec, mode) for mode in ("redacted", "sensitive"))
    masked = "Patient: [NAME], phone [PHONE]."
    assert redacted["tasks"] == [{"data": "/w/[PHONE]/x", "options": {"prompt": masked}}]
    assert redacted["backend"] == {"name": "fake", "options": {"withheld": "privacy: redacted"}}
    assert sensitive["tasks"][0]["options"] == {"withheld": "privacy: sensitive"}
    assert redacted["seed"] == 7
    assert cleaned(spec, "accept") == cleaned(spec, None) == spec


def test_an_instruction_with_an_identifier_reaches_no_run_file(ward: Ward) -> None:
    task = {**QUIZ, "kind": "generation", "data": "notes.jsonl"}
    asked = f"{planted()[7]['text']} {{source}}"
    job, _ = evaluate(ward("redacted", tasks=[{**task, "options": {"prompt": asked}}]))
    [run] = job.store.runs()
    assert leaks(json.dumps(run, ensure_ascii=False), VALUES) == []
    assert [c["name"] for c in run["checkpoints"]] == ["base", "sft"]


def test_prompts_of_a_sensitive_task_are_not_shown(
    ward: Ward, aligntax: Aligntax, tmp_path: Path
) -> None:
    ward(None)
    source = (
        "from pathlib import Path\nfrom harness.data import LocalFile\n"
        "from harness.kinds.multiple_choice import multiple_choice\n"
        "from harness.task import Card\n"
        "CARD = Card(name='own', capability='domain', language='en', licence='none', source='x')\n"
        f"TASK = multiple_choice(CARD, LocalFile(Path({str(tmp_path / 'first.jsonl')!r}),"
        " sensitive=True))\n"
    )
    (tmp_path / "own.py").write_text(source)
    for option in ([], ["--json"]):
        code, out, err = aligntax("tasks", tmp_path / "own.py", "--allow-code", *option)
        assert code == 0
        assert leaks(out + err, VALUES) == []
    shown = aligntax("tasks", tmp_path / "own.py", "--allow-code")[1]
    assert "prompts are withheld: the task is sensitive" in shown
