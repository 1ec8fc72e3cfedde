"""lm-eval's models as backends."""

import math
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model
from tiny_models import CORPUS, answers, checkpoint, opened, spec_for

from harness.backends import lm_eval as adapter
from harness.backends import open_backend
from harness.checkpoint import inspect
from harness.errors import CheckpointError, SpecError
from harness.records import Failure, Generate, Likelihood, LogLikelihood, RollingLogLikelihood


class Recorder(LM):
    """Answers with what it was given."""

    calls: list[tuple[str, list[tuple[Any, ...]]]] = []  # noqa: RUF012

    def __init__(self, pretrained: str = "", max_length: int = 0, batch_size: str = "auto") -> None:
        super().__init__()
        self.given = (pretrained, max_length, batch_size)

    def _note(self, method: str, requests: list[Any]) -> list[tuple[Any, ...]]:
        arguments = [request.args for request in requests]
        Recorder.calls.append((method, arguments))
        return arguments

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        print("noise")  # noqa: T201
        asked = self._note("loglikelihood", requests)
        return [(math.nan if "nan" in c else -float(len(c)), False) for _, c in asked]

    def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
        return [-float(len(text)) for (text,) in self._note("rolling", requests)]

    def generate_until(self, requests: list[Any]) -> list[str]:
        asked = self._note("generate", requests)
        return [f"{context}{number}" for number, (context, _) in enumerate(asked)]


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    register_model("aligntax-recorder")(Recorder)


@pytest.fixture
def recorder(without_bos: Path) -> Any:
    Recorder.calls = []
    return opened(without_bos, name="lm_eval", options={"model": "aligntax-recorder"})


def test_any_model_answers_each_kind_of_request(recorder: Any, capsys: Any) -> None:
    found = answers(
        recorder,
        [
            Generate(context="g", stop=("\n",), max_tokens=5),
            LogLikelihood("a", " bc"),
            RollingLogLikelihood("four"),
            LogLikelihood("a", "nan"),
        ],
    )
    assert found[0].texts == ("g0",)
    assert found[1] == Likelihood(logprob=-3.0, tokens=0)
    assert found[2] == Likelihood(logprob=-4.0, tokens=0)
    assert isinstance(found[3], Failure)
    options = {"until": ["\n"], "max_gen_toks": 5, "do_sample": False, "temperature": 0.0}
    assert ("generate", [("g", options)]) in Recorder.calls
    assert capsys.readouterr().out == ""


def test_chunks_are_yielded_as_they_finish(recorder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "CHUNK", 2)
    stream = recorder.respond([LogLikelihood("a", "b")] * 5)
    next(stream)
    assert len(Recorder.calls) == 1
    assert len(list(stream)) == 4
    assert [len(arguments) for _, arguments in Recorder.calls] == [2, 2, 1]


def test_samples_are_asked_one_by_one_and_greedy_copies_once(recorder: Any) -> None:
    sampled, greedy = answers(
        recorder, [Generate(context="s", temperature=1.0, n=3), Generate(context="g", n=2)]
    )
    assert sampled.texts == ("s0", "s1", "s2")
    assert greedy.texts == ("g3", "g3")


def test_a_model_gets_what_it_takes_by_name_and_its_own_arguments_win(without_bos: Path) -> None:
    backend = opened(without_bos, name="lm_eval", options={"model": "aligntax-recorder"})
    assert backend._lm.given == (str(without_bos), 64, "auto")
    options = {"model": "aligntax-recorder", "model_args": {"pretrained": "x", "max_length": 9}}
    assert opened(without_bos, name="lm_eval", options=options)._lm.given == ("x", 9, "auto")


def test_a_model_that_takes_no_adapter_never_gets_the_bare_base(
    without_bos: Path, tmp_path: Path
) -> None:
    asked = checkpoint(without_bos)
    found = inspect(asked.model)
    with_adapter = type(found)(
        fingerprint="f", tokenizer_hash="t", template=None, folder=without_bos, adapter=tmp_path
    )
    spec = spec_for(name="lm_eval", options={"model": "aligntax-recorder"})
    with pytest.raises(SpecError, match="takes no adapter"):
        open_backend(spec, asked, with_adapter)


def test_lm_evals_own_hf_model_agrees_with_ours(with_bos: Path) -> None:
    requests = [
        LogLikelihood("The patient", " was given aspirin"),
        LogLikelihood("", "患者服用"),
        Generate(context="The patient", max_tokens=8),
    ]
    theirs = answers(opened(with_bos, name="lm_eval"), requests)
    ours = answers(opened(with_bos), requests)
    for one, other in zip(ours[:2], theirs[:2], strict=True):
        assert abs(one.logprob - other.logprob) <= 1e-3
        assert (one.greedy, one.tokens) == (other.greedy, other.tokens)
    assert theirs[2].texts == ours[2].texts
    (rolling,) = answers(opened(with_bos, name="lm_eval"), [RollingLogLikelihood(CORPUS[0])])
    assert rolling.tokens > 10


def test_what_lm_eval_cannot_make_is_one_line(without_bos: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no model 'hg'"):
        opened(without_bos, name="lm_eval", options={"model": "hg"})
    with pytest.raises(SpecError, match=r"options\.modle"):
        opened(without_bos, name="lm_eval", options={"modle": "hf"})
    args = {"pretrained": str(tmp_path)}
    with pytest.raises(CheckpointError, match="tiny: lm-eval's hf can't load it") as caught:
        opened(without_bos, name="lm_eval", options={"model_args": args})
    assert "\n" not in str(caught.value)


def test_a_chunk_is_a_batch(recorder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "CHUNK", 3)
    asked = [LogLikelihood("a", f"{i}") for i in range(4)]
    ends = [(index, recorder.batch_done) for index, _ in recorder.respond(asked)]
    assert ends == [(0, False), (1, False), (2, True), (3, True)]


def test_what_a_model_hasnt_got_fails_the_requests_and_not_the_backend(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chats_only(*_: object) -> None:
        raise NotImplementedError("chat models give no log-likelihoods")

    monkeypatch.setattr(Recorder, "loglikelihood", chats_only)
    failed, made = answers(recorder, [LogLikelihood("a", "b"), Generate(context="c")])
    assert failed == Failure(
        "lm-eval's Recorder has no loglikelihood: chat models give no log-likelihoods"
    )
    assert made.texts == ("c0",)
