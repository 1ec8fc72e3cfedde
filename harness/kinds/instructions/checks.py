"""lm-eval's IFEval checkers: does a response follow each of its instructions?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from importlib import import_module
from io import StringIO
from types import ModuleType
from typing import Any

from harness.errors import TaskError
from harness.metrics.outcomes import Followed
from harness.records import JSON


def followed(prompt: str, instructions: Sequence[Mapping[str, JSON]], response: str) -> Followed:
    """Return which instructions a response follows, strictly and loosely.

    Loosely: also if it does so without its first or last line, or without asterisks. TaskError if
    the checkers' packages aren't installed; LookupError if nltk's ``punkt_tab`` isn't and one of
    the instructions needs it.
    """
    checkers = _checkers()
    example = checkers.InputExample(
        key=0,
        instruction_id_list=[str(instruction["id"]) for instruction in instructions],
        prompt=prompt,
        kwargs=[dict(instruction["arguments"]) for instruction in instructions],
    )
    strict = checkers.test_instruction_following_strict(example, response)
    loose = checkers.test_instruction_following_loose(example, response)
    return Followed(
        strict=tuple(map(bool, strict.follow_instruction_list)),
        loose=tuple(map(bool, loose.follow_instruction_list)),
    )


@cache
def _checkers() -> ModuleType:
    try:
        langdetect, nltk = import_module("langdetect"), import_module("nltk")
        with _no_download(nltk):
            from lm_eval.tasks.ifeval import utils
    except ImportError as error:
        raise TaskError(
            f"IFEval's checkers need a package that isn't here ({error}): "
            "`pip install 'lm_eval[ifeval]'`"
        ) from error
    # langdetect samples; unseeded, the same response is now French and now Catalan.
    langdetect.DetectorFactory.seed = 0
    return utils  # type: ignore[no-any-return]


@contextmanager
def _no_download(nltk: Any) -> Iterator[None]:
    """Keep the checkers from fetching ``punkt_tab`` as they are imported: that is the user's to do.

    Without a network it would also wait, and say that it had downloaded.
    """
    download = nltk.download
    nltk.download = lambda *_, **__: False
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        nltk.download = download
