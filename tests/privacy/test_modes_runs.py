"""No identifier of a private run reaches a file or a stream, and its scores are those of any run.

Forty identifiers, each kind in English and Chinese, stand in the data and in the model's answers.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from board_pages import html, page, texts
from leaks import contents, grams, leaks, pieces_in
from wards import Aligntax, Ward, evaluate, planted, scripted

from harness.backends.fake import FakeBackend
from harness.records import Request, Response
from harness.task import Task

PRIVATE = ["redacted", "sensitive"]
VALUES = [each["value"] for each in planted()]


def said(folder: Path, *streams: str) -> Iterator[tuple[str, str]]:
    """Yield all that a run left in a folder, in the caches, and on the streams."""
    yield from ((str(path), content) for path, content in contents(folder))
    cache = Path(os.environ["XDG_CACHE_HOME"])
    yield from ((str(path), content) for path, content in contents(cache))
    yield from ((f"stream {number}", stream) for number, stream in enumerate(streams))


def check(mode: str, folder: Path, *streams: str) -> None:
    """Fail if an identifier was said anywhere; under ``sensitive`` if eight characters were.

    Messages may share " to the " with a text, so of them twelve characters count.
    """
    texts = [each["text"] for each in planted()] + [*scripted().values(), *VALUES]
    for place, content in said(folder, *streams):
        assert leaks(content, VALUES) == [], place
        size = 12 if place.startswith("stream") else 8
        if mode == "sensitive":
            assert pieces_in(content, grams(texts, size), size) == set(), place


def test_an_open_run_says_all_forty_so_that_looking_for_them_proves_something(
    ward: Ward, tmp_path: Path
) -> None:
    evaluate(ward("accept"))
    everything = "\n".join(content for _, content in contents(tmp_path / "evals-accept"))
    assert leaks(everything, VALUES) == VALUES
    assert pieces_in(everything, grams(VALUES))


@pytest.mark.parametrize("mode", PRIVATE)
def test_no_identifier_reaches_store_streams_or_caches(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str
) -> None:
    path, store = ward(mode), tmp_path / f"evals-{mode}"
    streams = [aligntax("run", path, "--dry-run"), aligntax("run", path), aligntax("run", path)]
    streams += [aligntax("show", "--store", store), aligntax("ls", "--store", store)]
    streams += [aligntax("show", "--store", store, "--cost")]
    assert [code for code, *_ in streams] == [0] * 6
    check(mode, store, *(text for _, *both in streams for text in both))


class Dying(FakeBackend):
    """Answers a hundred requests, then its process is killed."""

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        for answer in super().respond(requests):
            if len(self.asked) > 100:
                os.kill(os.getpid(), signal.SIGKILL)
            yield answer


@pytest.mark.parametrize("mode", PRIVATE)
def test_a_killed_private_run_leaves_no_identifier_and_goes_on(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str
) -> None:
    path, store = ward(mode), tmp_path / f"evals-{mode}"
    child = os.fork()
    if child == 0:
        evaluate(path, lambda *_: Dying(scripted()))
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert [*store.glob("cells/*/journal-*")]
    check(mode, store)
    code, out, err = aligntax("run", path)
    assert code == 0
    asked, covered = (int(word) for word in err.replace(",", "").split() if word.isdecimal())
    assert covered >= 20
    assert asked + covered == 2 * (20 + 20 + 20 + 20 + 32)
    check(mode, store, out, err)
    assert aligntax("run", path)[2].startswith("everything was already in")


@pytest.mark.parametrize("mode", PRIVATE)
def test_the_scores_of_a_private_run_are_exactly_those_of_an_open_one(
    ward: Ward, mode: str
) -> None:
    _, open_ = evaluate(ward("accept"))
    job, private = evaluate(ward(mode))
    assert len(private) == len(open_) == 10
    for cell, theirs, ours in zip(job.plan.cells, open_, private, strict=True):
        names = {d.id: cell.stored(d)[0] for d in cell.documents}
        places = [ours.documents.index(names[id_]) for id_ in theirs.documents]
        assert len(places) == len(ours.documents)
        assert [ours.statuses[i] for i in places] == [*theirs.statuses]
        groups = {(theirs.clusters[k], ours.clusters[i]) for k, i in enumerate(places)}
        assert len(groups) == len(set(theirs.clusters))
        for wanted, got in zip(theirs.metrics, ours.metrics, strict=True):
            assert got.info == wanted.info
            assert got.rows[places].tolist() == wanted.rows.tolist()


@pytest.mark.parametrize("mode", PRIVATE)
def test_the_leaderboard_reads_no_text(
    ward: Ward, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(ward(mode))
    store = tmp_path / f"evals-{mode}"
    shown = ""
    for view in ("overview", "leaderboard", "stages", "samples"):
        app = page(store, view, monkeypatch, row="first:gen")
        frames = [frame.value.to_csv() for frame in app.dataframe]
        shown += "\n".join([texts(app), html(app), *frames])
    assert "first:gen" in shown
    check(mode, store, shown)


def test_a_corrected_key_is_asked_again_and_then_known(ward: Ward, tmp_path: Path) -> None:
    asked: list[Request] = []

    class Noting(FakeBackend):
        def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
            asked.extend(requests)
            return super().respond(requests)

    task = {"name": "first", "kind": "multiple_choice", "capability": "domain"}
    tasks = [{**task, "data": "first.jsonl"}]
    path = ward("sensitive", tasks=tasks)
    evaluate(path)
    data = tmp_path / "first.jsonl"
    data.write_text(data.read_text().replace('"answer": 0', '"answer": 1', 1))
    _, (first, _) = evaluate(path, lambda *_: Noting())
    assert len(asked) == 2 * 3
    assert len(first.documents) == 20
    evaluate(path, lambda *_: pytest.fail("a model was opened"))


def test_metrics_that_need_all_texts_together_are_left_out_and_named_once(
    ward: Ward, aligntax: Aligntax, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from harness.metrics.metric import Metric

    whole = Task.metrics_of

    def dependent(self: Task, formulation: str) -> tuple[Metric, ...]:
        first, *rest = whole(self, formulation)  # type: ignore[arg-type]
        return (first, *(replace(m, rows=lambda outcomes: []) for m in rest))

    monkeypatch.setattr(Task, "metrics_of", dependent)
    task = {"name": "first", "kind": "multiple_choice", "capability": "domain"}
    path = ward("redacted", tasks=[{**task, "data": "first.jsonl"}])
    code, _, err = aligntax("run", path)
    assert code == 0
    assert err.count("left out, for want of the texts: first:plain: acc") == 1


@pytest.mark.parametrize("mode", PRIVATE)
def test_a_private_store_is_verified_and_rescored_from_its_rows(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str
) -> None:
    store = tmp_path / f"evals-{mode}"
    _, before = evaluate(ward(mode))
    layers = {path: path.read_bytes() for path in store.glob("scores/*/*.parquet")}
    for path in layers:
        path.unlink()
    assert aligntax("rescore", "--store", store)[0] == 0
    assert {path: path.read_bytes() for path in store.glob("scores/*/*.parquet")} == layers
    code, out, err = aligntax("store", "verify", "--store", store)
    assert code == 0
    assert len(before) == 10
    check(mode, store, out, err)


@pytest.mark.parametrize("mode", PRIVATE)
def test_asking_again_for_the_noise_floor_leaves_no_identifier(
    ward: Ward, aligntax: Aligntax, tmp_path: Path, mode: str
) -> None:
    code, out, err = aligntax("run", ward(mode), "--repeat")
    assert code == 0
    assert [*(tmp_path / f"evals-{mode}" / "pairs").iterdir()]
    check(mode, tmp_path / f"evals-{mode}", out, err)
