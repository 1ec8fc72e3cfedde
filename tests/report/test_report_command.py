"""``aligntax report``: what it writes where, how it ends, and that its JSON is the analysis's."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from report_stores import edited
from runs import go
from wards import Aligntax

from harness.analysis.comparison import comparison
from harness.analysis.families import table_of
from harness.render.headline import headline
from harness.report.files import file_name
from harness.store import Store, merge_runs

Family = Callable[..., Path]


def plain(value: Any) -> Any:
    """Return a value as JSON gives it back."""
    return json.loads(json.dumps(asdict(value) if is_dataclass(value) else value))  # type: ignore[call-overload]


def written(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_json_holds_the_numbers_of_the_analysis(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    store = Store(family())
    assert aligntax("report", "--store", store.root, "--out", tmp_path, "--format", "json")[0] == 0
    found = json.loads((tmp_path / "toy.json").read_text(encoding="utf-8"))
    assert found["format_version"] == 1
    assert found["stage_table"] == plain(table_of(store, merge_runs(store.runs())["toy"]))
    by_pair = {(a["reference"], a["candidate"]): a for a in found["against"]}
    assert set(by_pair) == {
        ("base", "sft"),
        ("base", "dpo-a"),
        ("base", "dpo-b"),
        ("sft", "dpo-a"),
        ("sft", "dpo-b"),
    }
    whole = comparison(store, ["base", "sft", "dpo-a", "dpo-b"])
    steps = [comparison(store, ["sft", name]) for name in ("dpo-a", "dpo-b")]
    for against in [*whole.against, *(step.against[0] for step in steps)]:
        assert by_pair[against.reference, against.candidate] == plain(against)
    assert found["lineages"][0]["fronts"] == plain(list(map(asdict, whole.fronts)))
    chain = comparison(store, ["base", "sft", "dpo-a"])
    first = found["chains"][0]
    assert first["checkpoints"] == ["base", "sft", "dpo-a"]
    assert first["forgetting"] == plain(chain.forgetting)
    assert [each["flips"] for each in first["trajectories"]] == [
        plain(asdict(each))["flips"] for each in chain.trajectories
    ]
    said = {(h["reference"], h["candidate"]): h["said"] for h in found["headlines"]}
    assert said["base", "sft"] == headline(whole.against[0])


def test_equal_stores_make_equal_bytes(aligntax: Aligntax, family: Family, tmp_path: Path) -> None:
    store = family()
    assert aligntax("report", "--store", store, "--out", tmp_path / "a")[0] == 0
    store.rename(tmp_path / "moved")
    assert aligntax("report", "--store", tmp_path / "moved", "--out", tmp_path / "b")[0] == 0
    assert written(tmp_path / "a") == written(tmp_path / "b")
    assert [*written(tmp_path / "a")] == ["toy.html", "toy.json", "toy.md"]
    for content in written(tmp_path / "a").values():
        assert str(tmp_path).encode() not in content


def test_a_run_that_asks_nothing_changes_no_byte(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    store = family()
    assert aligntax("report", "--store", store, "--out", tmp_path / "a")[0] == 0
    go(store.parent / "run.yaml")
    assert len(Store(store).runs()) == 2
    assert aligntax("report", "--store", store, "--out", tmp_path / "b")[0] == 0
    assert written(tmp_path / "a") == written(tmp_path / "b")


def test_files_are_replaced_whole_and_others_left_alone(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "toy.md").write_text("an older report " * 100_000)
    (out / "notes.txt").write_text("mine")
    code, said, err = aligntax("report", "toy", "--store", family(), "--out", out)
    assert (code, err) == (0, "")
    assert said.split() == [str(out / f"toy.{suffix}") for suffix in ("md", "html", "json")]
    assert (out / "toy.md").read_text().startswith("# What post-training did to toy\n")
    assert sorted(path.name for path in out.iterdir()) == [
        "notes.txt",
        "toy.html",
        "toy.json",
        "toy.md",
    ]


def test_each_family_gets_a_page_and_only_the_formats_asked_for(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    family()
    store = family(family="other")
    out = tmp_path / "out"
    assert aligntax("report", "--store", store, "--out", out, "--format", "json,markdown")[0] == 0
    names = ["other.json", "other.md", "toy.json", "toy.md"]
    assert sorted(path.name for path in out.iterdir()) == names


def test_a_verdict_about_the_checkpoints_stands_in_the_report(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    store = family()
    rule = {"task": "asked", "margin": 90, "allow_underpowered": True}
    policy = tmp_path / "somewhere" / "gate.yaml"
    policy.parent.mkdir()
    policy.write_text(yaml.safe_dump({"rules": [rule]}))
    gated = ["gate", "--baseline", "sft", "--candidate", "dpo-a", "--policy", policy]
    for _ in range(2):
        aligntax(*gated, "--store", store)
    assert aligntax("report", "--store", store, "--out", tmp_path / "o")[0] == 0
    found = json.loads((tmp_path / "o" / "toy.json").read_text(encoding="utf-8"))
    (stored,) = found["verdicts"]  # the last of two
    assert stored["verdict"]["policy"] == "gate.yaml"
    decision = stored["verdict"]["decision"]
    page = (tmp_path / "o" / "toy.md").read_text(encoding="utf-8")
    assert f"The last gate said {decision}: dpo-a against sft" in page
    assert "## Gate" in page

    def retrained(run: dict[str, Any]) -> None:
        for cell in run["cells"]:
            if cell["checkpoint"] == "dpo-a":
                cell["fingerprint"] = "0" * 64

    edited(store, retrained)
    assert aligntax("report", "--store", store, "--out", tmp_path / "o")[0] == 0
    assert json.loads((tmp_path / "o" / "toy.json").read_text())["verdicts"] == []


def test_an_empty_store_is_missing_evidence(aligntax: Aligntax, tmp_path: Path) -> None:
    (tmp_path / "evals").mkdir()
    code, out, err = aligntax("report", "--store", tmp_path / "evals", "--out", tmp_path / "o")
    assert (code, out) == (4, "")
    assert "no run in it; `aligntax run` makes one" in err
    assert not (tmp_path / "o").exists()
    assert aligntax("report", "--store", tmp_path / "none")[0] == 4


def test_a_family_that_isnt_there_is_named_with_those_that_are(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    code, _, err = aligntax("report", "toys", "--store", family(), "--out", tmp_path / "o")
    assert code == 4
    assert "no family 'toys'; it has toy" in err


def test_an_unknown_format_is_a_usage_error(aligntax: Aligntax, tmp_path: Path) -> None:
    code, _, err = aligntax("report", "--format", "htm", "--store", tmp_path)
    assert code == 2
    assert "no format 'htm'; there are markdown, html, json; did you mean 'html'?" in err
    assert aligntax("report", "--format", ",", "--store", tmp_path)[0] == 2


def test_a_folder_that_cant_be_written_is_an_io_error(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    code, _, err = aligntax("report", "--store", family(), "--out", tmp_path / "file")
    assert code == 74
    assert err.count("\n") == 1
    assert "can't be written" in err


def test_a_report_writes_nothing_into_the_store(
    aligntax: Aligntax, family: Family, tmp_path: Path
) -> None:
    store = family()

    def state() -> dict[str, tuple[int, int]]:
        found = (Path(folder) / name for folder, _, names in os.walk(store) for name in names)
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in found}

    before = state()
    assert aligntax("report", "--store", store, "--out", tmp_path / "o")[0] == 0
    assert state() == before


@pytest.mark.parametrize(
    ("family_name", "file"), [("medical-demo", "medical-demo"), ("smol.v2", "smol.v2")]
)
def test_an_ordinary_family_names_its_files(family_name: str, file: str) -> None:
    assert file_name(family_name) == file


def test_families_of_any_name_have_files_of_their_own() -> None:
    names = ["a/b", "a b", "../x", "..", ".", "a" * 300, "模型", "con|", "<x>"]
    found = [file_name(name) for name in names]
    assert len(set(found)) == len(names)
    assert all("/" not in name and name not in (".", "..") for name in found)
    assert all(len(name) < 100 for name in found)
