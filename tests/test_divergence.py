"""KL to the reference as a job of a run: what is compared, kept, and not done twice."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from drifting import NEW, OLD, World, done, save_family
from repeats import Write, contents
from tiny_models import save, tiny_llama, tiny_tokenizer
from toys import write_jsonl

import harness.demo
from harness import cli
from harness.backends.divergence import Pair
from harness.errors import DataError, SpecError
from harness.interrupt import Interrupted, Stop
from harness.spec import load_spec
from harness.store.divergences import read_divergences

WEIGHTS = Path(harness.demo.__file__).parent / "weights"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_family(tmp_path_factory.mktemp("family"))


@pytest.fixture
def world(tmp_path: Path, family: Path) -> World:
    return World(tmp_path, family)


def sides(found: Any) -> list[tuple[str, str, str]]:
    return [
        (f.errand.reference.name, f.errand.cell.checkpoint.name, f.errand.cell.row) for f in found
    ]


def never(*_: object) -> None:
    raise AssertionError("a model was run")


def test_each_checkpoint_is_compared_with_its_parent_on_each_text(world: World) -> None:
    found = world.go()
    assert sides(found) == [
        ("base", "sft", "old"),
        ("base", "sft", "new"),
        ("sft", "dpo", "old"),
        ("sft", "dpo", "new"),
    ]
    assert [each.asked for each in found] == [5, 4, 5, 4]
    assert [each.failed for each in found] == [0, 0, 0, 0]
    held = [each.held for each in found]
    assert [len(pair.documents) for pair in held if pair] == [5, 4, 5, 4]
    assert all(d.forward > 0.01 * d.tokens for pair in held if pair for d in pair.documents)
    by_key = {json.dumps(dict(pair.identity), sort_keys=True): pair for pair in held if pair}
    assert {json.dumps(dict(p.identity), sort_keys=True): p for p in world.held()} == by_key


def test_a_named_reference_is_compared_with_all_others(world: World) -> None:
    found = world.go(divergence={"tasks": ["old"], "reference": "dpo"})
    assert sides(found) == [("dpo", "base", "old"), ("dpo", "sft", "old")]


def test_a_second_run_computes_nothing_and_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.go()
    before = contents(world.folder / "evals")
    monkeypatch.setattr("harness.backends.divergence.load", never)
    second = world.go()
    assert [each.asked for each in second] == [0, 0, 0, 0]
    assert [each.held for each in second] == [each.held for each in first]
    assert contents(world.folder / "evals") == before


def test_a_model_that_two_pairs_need_is_loaded_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.backends import divergence

    folders, load = [], divergence.load

    def noted(spec: Any, inspection: Any) -> Any:
        folders.append(inspection.folder.name)
        return load(spec, inspection)

    monkeypatch.setattr(divergence, "load", noted)
    world.go()
    assert folders == ["base", "sft", "dpo"]


def test_a_limited_run_is_completed_not_repeated(world: World) -> None:
    assert [each.asked for each in world.go({"limit": 2})] == [2, 2, 2, 2]
    found = world.go()
    assert [each.asked for each in found] == [3, 2, 3, 2]
    assert [len(each.held.documents) for each in found if each.held] == [5, 4, 5, 4]
    assert [len(e.held.documents) for e in world.go({"limit": 1}) if e.held] == [5, 4, 5, 4]


def test_other_numerics_are_another_file(world: World) -> None:
    world.go(divergence={"tasks": ["old"]})
    backend = {"name": "hf", "device": "cpu", "dtype": "float32", "max_length": 32}
    found = world.go(divergence={"tasks": ["old"]}, backend=backend)
    assert [each.asked for each in found] == [5, 5]
    assert len(world.held()) == 4


def test_answers_alone_are_measured_after_their_instructions(world: World) -> None:
    rows = [{"id": f"a{i}", "instruction": text, "output": "seven"} for i, text in enumerate(NEW)]
    write_jsonl(world.folder / "answers.jsonl", rows)
    task = {"name": "answers", "kind": "perplexity", "capability": "alignment"}
    task |= {"data": "answers.jsonl", "options": {"completion_only": True}}
    found = world.go(tasks=[task], divergence={"tasks": ["answers"]})
    words = len(tiny_tokenizer(bos=False).encode(" seven", add_special_tokens=False))
    for each in found:
        assert each.held is not None
        assert {d.tokens for d in each.held.documents} == {words}
        assert all(d.forward > 0 for d in each.held.documents)


def test_an_edited_text_is_measured_anew_and_one_that_is_gone_is_dropped(world: World) -> None:
    (before, *_) = world.go()
    world.texts("old", ["Another text of some words.", *OLD[1:4]])
    (after, *_) = world.go()
    assert after.asked == 1
    assert before.held is not None
    assert after.held is not None
    assert [d.document for d in after.held.documents] == [f"old-{i}" for i in range(4)]
    assert after.held.documents[0] != before.held.documents[0]
    assert after.held.documents[1:] == before.held.documents[1:4]
    world.texts("old", ["Another text of some words.", *OLD[1:3]])
    (less, *_) = world.go()
    assert (less.asked, less.held and len(less.held.documents)) == (0, 3)
    assert {len(pair.documents) for pair in world.held() if pair.row == "old"} == {3}


def test_tokenizers_that_differ_are_refused_in_a_line_and_nothing_is_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = tiny_tokenizer(bos=True)
    save(world.folder / "sft", tiny_llama(tokenizer, 1), tokenizer)
    monkeypatch.setattr("harness.backends.divergence.load", never)
    found = world.go()
    assert all("the tokenizers differ" in (each.refused or "") for each in found)
    assert [each.held for each in found] == [None] * 4
    assert world.held() == []


def test_other_embedding_sizes_are_refused(world: World) -> None:
    tokenizer = tiny_tokenizer(bos=False)
    larger = tiny_llama(tokenizer, 2, vocab_size=len(tokenizer) + 8)
    save(world.folder / "dpo", larger, tokenizer)
    found = world.go()
    assert [bool(each.refused) for each in found] == [False, False, True, True]
    assert "embeddings" in (found[2].refused or "")
    assert len(world.held()) == 2


def test_the_same_weights_under_another_name_are_said_not_measured(world: World) -> None:
    tokenizer = tiny_tokenizer(bos=False)
    save(world.folder / "dpo", tiny_llama(tokenizer, 1), tokenizer)
    refused = [each.refused for each in world.go()]
    assert refused == [None, None, *["both are the same checkpoint by fingerprint"] * 2]


def test_a_document_without_a_result_is_counted_tried_again_and_never_zero(world: World) -> None:
    world.texts("old", [*OLD, "The pain <|none|> is gone."])
    tokenizer = tiny_tokenizer(bos=False)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|none|>"]})
    for name in ("base", "sft", "dpo"):
        tokenizer.save_pretrained(world.folder / name)
    for _ in range(2):
        (old, new, *_) = world.go()
        assert (old.failed, new.failed) == (1, 0)
        assert old.held is not None
        assert "old-5" not in {d.document for d in old.held.documents}
        assert len(old.held.documents) == 5
        assert old.incomplete is not None
        assert "KL of sft × old against base: 1 of" in old.incomplete
        assert "a special token that the model doesn't know" in old.incomplete
        assert new.incomplete is None


def test_a_signal_keeps_what_was_measured_and_the_next_run_does_the_rest(world: World) -> None:
    job, stop, seen = world.job(), Stop(), []

    def advance() -> None:
        seen.append(1)
        if len(seen) == 7:  # in the second batch of the second errand
            stop.request(signal.SIGTERM)

    with pytest.raises(Interrupted):
        done(job, advance, stop)
    kept = sum(len(pair.documents) for pair in world.held())
    assert 7 <= kept < 18
    assert sum(each.asked for each in world.go()) == 18 - kept


def test_long_work_is_written_on_its_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.divergence._SAVE", 0.0)
    job, sizes = world.job(), []

    def advance() -> None:
        sizes.append(sum(len(pair.documents) for pair in read_divergences(job.store)))

    done(job, advance)
    assert sizes[:5] == [2, 2, 4, 4, 5]


def bundled_spec(folder: Path) -> Path:
    path = folder / "run.yaml"
    path.write_text(f"""
family: bundled
checkpoints:
  - {{name: base, stage: base, model: {WEIGHTS / "base"}}}
  - {{name: sft, stage: sft, parent: base, model: {WEIGHTS / "sft"}}}
tasks: [{{task: perplexity_general_en, limit: 1}}]
divergence: {{tasks: [perplexity_medical_en, perplexity_medical_zh]}}
backend: {{name: hf, device: cpu, dtype: float32, max_length: 512, batch_size: 4}}
""")
    return path


@pytest.mark.skipif(
    not (WEIGHTS / "sft" / "model.safetensors").is_file(),
    reason="the bundled weights (harness/demo/weights) are not there",
)
def test_a_killed_run_keeps_whole_pairs_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness", "run", str(bundled_spec(tmp_path))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pairs = tmp_path / "evals" / "pairs"
    while process.poll() is None and not [*pairs.glob("kl-*.json")]:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    job = harness.evaluate.prepare(load_spec(tmp_path / "run.yaml"))
    held = read_divergences(job.store)
    assert [(pair.row, len(pair.documents)) for pair in held] == [("perplexity_medical_en", 80)]
    assert [each.asked for each in done(job)] == [0, 80]
    assert sorted((p.row, len(p.documents)) for p in read_divergences(job.store)) == [
        ("perplexity_medical_en", 80),
        ("perplexity_medical_zh", 80),
    ]


def test_private_texts_are_measured_and_nothing_of_them_is_kept(world: World) -> None:
    open_ = world.go()
    tasks = [
        {"name": "old", "kind": "perplexity", "capability": "general", "data": "old.jsonl"},
        {"name": "new", "kind": "perplexity", "capability": "domain", "data": "new.jsonl"},
    ]
    tasks[1]["privacy"] = "sensitive"
    found = world.go(tasks=tasks)
    assert [each.asked for each in found] == [0, 4, 0, 4]
    private = found[1].held
    assert private is not None
    assert open_[1].held is not None
    assert private.identity["privacy"]["mode"] == "sensitive"
    assert not {d.document for d in private.documents} & {f"new-{i}" for i in range(len(NEW))}
    assert not {d.request for d in private.documents} & {d.request for d in open_[1].held.documents}
    sums = sorted(d.forward for d in open_[1].held.documents)
    assert sorted(d.forward for d in private.documents) == pytest.approx(sums, rel=1e-4)


def test_a_text_that_only_divergence_reads_is_looked_through_for_identifiers(world: World) -> None:
    (world.folder / "notes.jsonl").write_text(
        json.dumps({"id": "a", "text": "Mail anna.meier@klinik-nord.de, phone 0171 2345678."})
    )
    (world.folder / "own.py").write_text(
        "from pathlib import Path\n"
        "from harness.data import LocalFile\n"
        "from harness.kinds.perplexity import perplexity\n"
        "from harness.task import Card\n"
        "card = Card(name='own', capability='domain', language='en', licence='own', source='own')\n"
        f"TASK = perplexity(card, LocalFile(Path({str(world.folder / 'notes.jsonl')!r})))\n"
    )
    divergence = {"tasks": ["old", "./own.py"]}
    with pytest.raises(DataError, match="identifiers of persons"):
        world.job({"allow_code": True}, divergence=divergence)
    found = world.go({"allow_code": True}, divergence=divergence, privacy="accept")
    assert [row for _, _, row in sides(found)] == ["old", "own", "old", "own"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"backend": "fake"}, "backend fake doesn't give"),
        ({"divergence": {"tasks": ["medical_facts_en"]}}, "of kind multiple_choice; name perplex"),
        (
            {"divergence": {"tasks": ["old", "old"]}},
            r"run.yaml:\d+: divergence.tasks: 'old' stands",
        ),
        ({"divergence": {"tasks": ["perplexity_of"]}}, r"run.yaml:\d+.*no task is named"),
        ({"divergence": {"tasks": []}}, "divergence.tasks"),
        (
            {"divergence": {"tasks": ["old"], "reference": "bse"}},
            "named 'bse'; did you mean 'base'",
        ),
        ({"divergence": {"tasks": ["old"], "to": "base"}}, "unknown key"),
        (
            {"checkpoints": [{"name": "base", "stage": "base", "model": "./base"}]},
            r"run.yaml:\d+: divergence.reference: no checkpoint has a parent",
        ),
    ],
)
def test_what_cant_be_measured_is_said_before_a_model_runs(
    world: World, changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(Exception, match=expected) as caught:
        world.job(**changes)
    assert caught.value.exit_code == 2  # type: ignore[attr-defined]
    assert "\n" not in str(caught.value)


def test_the_command_line_narrows_what_is_measured(world: World) -> None:
    assert [row for _, _, row in sides_of(world, {"tasks": "new"})] == ["new", "new"]
    assert sides_of(world, {"tasks": "medical_facts_en"}) == []
    assert sides_of(world, {}, divergence=None) == []


def sides_of(world: World, over: dict[str, Any], **changes: Any) -> list[tuple[str, str, str]]:
    errands = world.job(over, **changes).errands
    return [(e.reference.name, e.cell.checkpoint.name, e.cell.row) for e in errands]


@pytest.fixture
def aligntax(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """Return a function that runs the command line: (exit code, stdout, stderr)."""

    def command(*args: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["aligntax", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code, *capsys.readouterr()

    return command


def test_run_prints_the_drift_after_the_table_and_a_dry_run_the_work(
    world: World, aligntax: Callable[..., tuple[object, str, str]]
) -> None:
    path = world.spec()
    code, out, _ = aligntax("run", path, "--dry-run")
    assert code in (None, 0)
    assert out.splitlines()[-4].split() == ["sft", "base", "old", *"505"]
    code, out, err = aligntax("run", path)
    assert code in (None, 0), err
    table, _, drift = out.partition("KL DRIFT")
    assert "bits_per_byte" in table
    assert len([line for line in drift.splitlines() if line.startswith(("sft ", "dpo "))]) == 4
    assert "KL of 18 documents measured" in err
    code, again, err = aligntax("run", path)
    assert again == out
    assert "measured" not in err


def test_run_says_why_there_is_no_drift_and_fails_only_for_documents(
    world: World, aligntax: Callable[..., tuple[object, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = tiny_tokenizer(bos=True)
    save(world.folder / "dpo", tiny_llama(tokenizer, 1), tokenizer)
    code, out, err = aligntax("run", world.spec())
    assert code in (None, 0)
    assert "note: no KL of dpo × old against sft: the tokenizers differ" in err
    assert "KL DRIFT" in out
    whole = Pair.measure

    def failing(self: Pair, spans: Any) -> Any:
        from harness.records import Failure

        return [Failure("out of memory on 5 tokens alone") for _ in whole(self, spans)]

    monkeypatch.setattr(Pair, "measure", failing)
    code, _, err = aligntax("run", world.spec(), "--store", world.folder / "other")
    assert code == 4
    assert "incomplete: KL of sft × old against base: 5 of 5 failed: out of memory" in err


def test_a_spec_without_it_measures_nothing(write_spec: Write) -> None:
    assert load_spec(write_spec()).divergence is None
    with pytest.raises(SpecError, match="use backend hf"):
        harness.evaluate.prepare(load_spec(write_spec(divergence={"tasks": ["quiz"]})))
