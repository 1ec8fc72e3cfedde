"""``aligntax import lm-eval`` and what the other commands make of it."""

import json
from pathlib import Path

import pytest
from lm_eval_files import SECOND, edited, sample, write, write_samples

from harness.cli import app, main

BASE, SFT = [1, 1, 1, 0, 0, 1, 1, 1] * 5, [1, 0, 1, 0, 0, 1, 0, 1] * 5


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALIGNTAX_STORE", str(tmp_path / "evals"))

    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["aligntax", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return command


@pytest.fixture
def chain(tmp_path: Path, run) -> Path:
    """Two checkpoints of one family, imported one after the other."""
    write(tmp_path / "base", {"quiz": BASE, "safety": BASE}, "org/base")
    write(tmp_path / "sft", {"quiz": SFT, "safety": SFT}, "org/sft", SECOND)
    safety = ["--capability", "saf*=alignment", "--family", "toy"]
    assert run("import", "lm-eval", tmp_path / "base", *safety)[0] == 0
    end = ["--stage", "aligned", "--parent", "base", *safety]
    assert run("import", "lm-eval", tmp_path / "sft", *end)[0] == 0
    return tmp_path


def test_show_prints_the_chain_and_its_changes(chain: Path, run) -> None:
    code, out, _ = run("show", "toy", "--json")
    table = json.loads(out)
    assert code == 0
    assert [(c["name"], c["stage"], c["parent"]) for c in table["columns"]] == [
        ("base", "base", None),
        ("sft", "aligned", "base"),
    ]
    assert {r["task"]: r["capability"] for r in table["rows"]} == {
        "lm-eval/quiz": "general",
        "lm-eval/safety": "alignment",
    }
    assert all(r["entries"][1]["change"]["wording"] == "lost" for r in table["rows"])


def test_compare_pairs_imported_checkpoints(chain: Path, run) -> None:
    code, out, _ = run("compare", "base", "sft")
    assert code == 0
    assert "lm-eval/quiz" in out


def test_gate_judges_imported_evidence_that_pairs(chain: Path, run) -> None:
    policy = chain / "gate.yaml"
    policy.write_text("allow_underpowered: true\nrules: [{task: '*', margin: 2}]\n")
    code, out, _ = run("gate", "--baseline", "base", "--candidate", "sft", "--policy", policy)
    assert (code, "REGRESSED" in out) == (1, True)


def test_gate_has_no_evidence_in_numbers(tmp_path: Path, run) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/base", samples=False)
    write(tmp_path / "out", {"quiz": BASE}, "org/sft", samples=False)
    run("import", "lm-eval", tmp_path / "out", "--family", "toy")
    code, out, _ = run("gate", "--baseline", "base", "--candidate", "sft")
    assert (code, "PASS" in out.partition("\n")[0]) == (4, False)


def test_verify_and_rescore_end_well(chain: Path, run) -> None:
    code, _, err = run("store", "verify")
    assert (code, "others computed its scores" in err) == (0, True)
    code, _, err = run("rescore")
    assert (code, "4 imported cells keep the scores" in err) == (0, True)


def test_numbers_are_shown_with_what_may_be_said_of_them(tmp_path: Path, run) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/base", samples=False)
    write(tmp_path / "out", {"quiz": SFT}, "org/sft", samples=False)
    code, out, err = run("import", "lm-eval", tmp_path / "out", "--family", "toy")
    assert code == 0
    assert "number" in out
    assert "no paired evidence: unpaired standard error only" in err
    code, out, _ = run("show")
    assert "Stated by others, no paired evidence: unpaired standard error only" in out
    assert "75.0 ± 6.9 %" in out
    code, out, _ = run("compare", "base", "sft")
    assert code == 0
    assert "unpaired" in out


def test_what_could_not_be_mapped_is_a_table_on_standard_error(tmp_path: Path, run) -> None:
    path = write(tmp_path / "out", {"quiz": BASE})
    edited(path, lambda c: c["results"]["quiz"].update({"oddity,none": 1.0}))
    _, out, err = run("import", "lm-eval", tmp_path / "out")
    assert "oddity" not in out
    assert "1 not mapped:" in err
    assert "quiz: oddity,none" in err
    _, out, _ = run("import", "lm-eval", tmp_path / "out", "--json")
    assert [u["key"] for u in json.loads(out)["unmapped"]] == ["quiz: oddity,none"]


def test_a_conflict_is_said_by_import_and_by_show(tmp_path: Path, run) -> None:
    write(tmp_path / "out", {"quiz": BASE})
    write(tmp_path / "out", {"quiz": SFT}, stamp=SECOND)
    code, out, err = run("import", "lm-eval", tmp_path / "out")
    assert (code, "conflict" in out) == (0, True)
    assert "acc differs on 10 of 40 documents" in err
    _, _, err = run("show")
    assert "conflict: base × lm-eval/quiz" in err
    assert "none counts" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["/nowhere/at/all"], 2, "no such folder"),
        (["{empty}"], 2, "no results_*.json in it"),
        (["{out}", "--stage", "tuned"], 2, "--stage: 'tuned' is none of base"),
        (["{out}", "--prefer", "best"], 2, "--prefer: 'best' is none of newest, oldest"),
        (["{out}", "--privacy", "no"], 2, "--privacy"),
        (["{out}", "--capability", "x=fun"], 2, "--capability x=fun: 'fun' is none of"),
        (["{out}", "--family", ""], 2, "--family"),
        (["{out}", "--name", "a"], 2, "--name: "),
        (["{out}", "--parent", "base"], 2, "can't be its own parent"),
        (["{bad}"], 4, "nothing in it could be imported"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path: Path, run, words, code, said) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/base")
    write(tmp_path / "out", {"quiz": SFT}, "org/sft")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "results_1.json").write_text("{}")
    places = {name: tmp_path / name for name in ("empty", "out", "bad")}
    ended, out, err = run("import", "lm-eval", *(w.format(**places) for w in words))
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_stage_that_is_taken_is_said(tmp_path: Path, run) -> None:
    write(tmp_path / "out", {"quiz": BASE}, "org/sft")
    _, _, err = run("import", "lm-eval", tmp_path / "out", "--parent", "base")
    assert "family out: sft (sft from base); weights as lm-eval declares them" in err


def test_an_unknown_parent_is_a_note(tmp_path: Path, run) -> None:
    write(tmp_path / "out", {"quiz": BASE})
    code, _, err = run("import", "lm-eval", tmp_path / "out", "--parent", "root")
    assert (code, "parent 'root' isn't in family 'out' yet" in err) == (0, True)


def test_names_of_strangers_steer_no_terminal(tmp_path: Path, run) -> None:
    path = write(tmp_path / "out", {"quiz": BASE, "a\u202eb": BASE, "\x1b[31mred": BASE})
    edited(path, lambda c: c["results"]["quiz"].update({"x\x1b[2J,none": 1.0}))
    code, out, err = run("import", "lm-eval", tmp_path / "out")
    assert code == 0
    assert not {"\x1b", "\u202e"} & set(out + err)


NAMED = "Patient name: Maria Gonzalez-Ruiz, SSN 123-45-6789, phone (555) 123-4567"


def private(tmp_path: Path) -> Path:
    path = write(tmp_path / "out", {"quiz": BASE})
    rows = [sample(i, bool(r)) for i, r in enumerate(BASE)]
    rows[3]["doc"]["question"] = NAMED
    [name] = path.parent.glob("samples_quiz_*")
    write_samples(name, rows)
    return tmp_path / "out"


def test_samples_with_identifiers_need_a_word_about_privacy(tmp_path: Path, run) -> None:
    code, out, err = run("import", "lm-eval", private(tmp_path))
    assert (code, out) == (2, "")
    assert ".jsonl:4: " in err
    assert "123-45-6789" not in err
    assert not (tmp_path / "evals").exists()
    assert run("import", "lm-eval", tmp_path / "out", "--privacy", "accept")[0] == 0


@pytest.mark.parametrize("mode", ["redacted", "sensitive"])
def test_private_samples_leave_no_identifier_in_the_store(tmp_path: Path, run, mode: str) -> None:
    from leaks import contents, leaks

    code, out, err = run("import", "lm-eval", private(tmp_path), "--privacy", mode)
    assert code == 0
    told = [out, err, *(content for _, content in contents(tmp_path / "evals"))]
    assert not any(leaks(text, ["Maria Gonzalez-Ruiz", "123-45-6789", "123-4567"]) for text in told)
    if mode == "sensitive":
        assert not any(leaks(text, ["What helps in case"]) for text in told)
    code, out, _ = run("show", "--json")
    [row] = json.loads(out)["rows"]
    assert row["entries"][0]["estimate"]["value"] == pytest.approx(0.75)
    assert row["info"]["chance"] == 0.25
    assert run("store", "verify")[0] == 0


def test_private_and_open_imports_of_two_checkpoints_are_incomparable(tmp_path: Path, run) -> None:
    write(tmp_path / "a", {"quiz": BASE}, "org/base")
    write(tmp_path / "b", {"quiz": SFT}, "org/sft")
    run("import", "lm-eval", tmp_path / "a", "--family", "toy", "--privacy", "sensitive")
    run("import", "lm-eval", tmp_path / "b", "--family", "toy", "--parent", "base")
    _, out, _ = run("show", "toy", "--json")
    [row] = json.loads(out)["rows"]
    assert "privacy_differs" in row["entries"][1]["change"]["missing"]


def test_help_is_there_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    app(["import", "lm-eval", "--help"], standalone_mode=False)
    out = capsys.readouterr().out
    assert "Example: aligntax import lm-eval" in out
    assert "--prefer" in out
