"""From a YAML file to lm-eval's own task object, or one line that says why not."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.errors import DataError, TaskError
from harness.lm_eval_tasks.config import Config

__all__ = ["check", "load", "quiet", "version_of_lm_eval"]


def version_of_lm_eval() -> str:
    """Return the installed version, part of every metric's signature."""
    return version("lm_eval")


def check(config: Config, name: str, *, is_own: bool, allow_code: bool) -> None:
    """Refuse what can't be asked here, before any of its code runs and any data is read.

    ``is_own`` says that the file is the user's, not one of lm-eval's. Raises TaskError.
    """
    values = config.values
    if not isinstance(values.get("task"), str):
        raise TaskError(f"{name}: the file has no `task:` with the task's name")
    if is_own and not allow_code:
        code = config.code() or _foreign_metric(config)
        if code is not None:
            raise TaskError(f"{name}: it runs code ({code}); read it, then add --allow-code")
    if values.get("unsafe_code"):
        raise TaskError(f"{name}: it runs what the model writes as a program; aligntax doesn't")
    if values.get("doc_to_image") or values.get("doc_to_audio"):
        raise TaskError(f"{name}: it shows images or audio; aligntax evaluates text")
    if values.get("repeats", 1) != 1:
        raise TaskError(f"{name}: it asks {values['repeats']} times (repeats); aligntax asks once")


def _foreign_metric(config: Config) -> str | None:
    """Return a metric that lm-eval would look up in `evaluate`, which runs its script."""
    if config.values.get("process_results"):
        return None
    from lm_eval.api import metrics
    from lm_eval.api.registry import metric_registry

    assert metrics  # importing it fills the registry
    for entry in config.listed("metric_list"):
        name = entry.get("metric") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and (entry.get("hf_evaluate") or name not in metric_registry):
            return f"metric: {name}"
    return None


def load(path: Path, name: str, *, kept: bool = True) -> Any:
    """Return lm-eval's task object of a YAML file, its documents read.

    Unless they are to be ``kept``, what `datasets` makes of them is removed from the disk.

    Raises TaskError for a package that it needs or settings that lm-eval refuses, DataError for
    documents that can't be had.
    """
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks import TaskManager

    _sandbox_templates()
    with quiet(), _cache(kept):
        try:
            [task] = TaskManager(include_defaults=False).load([str(path)])["tasks"].values()
        except ImportError as error:
            raise TaskError(f"{name}: it needs a package that isn't here: {error}") from error
        except Exception as error:  # the task's own code and the hub's client raise anything
            raise DataError(f"{name}: lm-eval can't load it: {_said(error)}") from error
    if not isinstance(task, ConfigurableTask):
        raise TaskError(f"{name}: it is a {type(task).__name__}, not one of lm-eval's YAML tasks")
    return task


@contextmanager
def _cache(kept: bool) -> Iterator[None]:
    """Let `datasets` prepare data in its cache, or in a folder that is gone afterwards."""
    if kept:
        yield
        return
    from datasets import config

    usual = config.HF_DATASETS_CACHE
    with TemporaryDirectory(prefix="aligntax-") as folder:
        config.HF_DATASETS_CACHE = Path(folder)
        try:
            yield
        finally:
            config.HF_DATASETS_CACHE = usual


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def _sandbox_templates() -> None:
    """Let lm-eval render its templates in Jinja's sandbox.

    Its own environment is a plain one, in which a template of a stranger's YAML is a program.
    """
    from jinja2.sandbox import SandboxedEnvironment
    from lm_eval import utils

    if not isinstance(utils.env, SandboxedEnvironment):
        plain = utils.env
        utils.env = SandboxedEnvironment(
            undefined=plain.undefined, keep_trailing_newline=plain.keep_trailing_newline
        )
        utils.env.filters |= plain.filters


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what lm-eval prints and warns of: standard output is for results."""
    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logger.setLevel(level)
