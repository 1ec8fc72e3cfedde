"""The metrics of generated texts by name, as tasks ask for them: ``bleu``, ``rougeL:2:jieba``.

After the name and a colon: how many references every document has (``4``, or ``var`` where the
number varies), and ``jieba`` for Chinese words instead of characters (ROUGE and BLEU).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.errors import TaskError
from harness.metrics import final_answer
from harness.metrics.bleu import bleu
from harness.metrics.chrf import chrf_plus_plus
from harness.metrics.exact_match import exact_match
from harness.metrics.metric import Metric
from harness.metrics.outcomes import Text
from harness.metrics.rouge import ROUGE_TYPES, rouge
from harness.metrics.segmenter import JIEBA
from harness.metrics.ter import ter
from harness.metrics.token_f1 import token_f1
from harness.plugins import plugin_metric, plugin_metrics

_BY_LANGUAGE: Mapping[str, Callable[..., Metric]] = {
    **{kind: partial(rouge, kind) for kind in ROUGE_TYPES},
    "bleu": bleu,
    "ter": ter,
    "exact_match": exact_match,
    "token_f1": token_f1,
}
_ANY_LANGUAGE: Mapping[str, Callable[..., Metric]] = {
    "chrf++": chrf_plus_plus,
    **{name: partial(final_answer.final_answer, name) for name in final_answer.NAMES},
}
NAMES = (*_BY_LANGUAGE, *_ANY_LANGUAGE)
"""All names that a task may ask for."""
_CUT_INTO_WORDS = (*ROUGE_TYPES, "bleu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a task asked for under ``metrics``."""

    name: str
    nrefs: int | None
    """References of every document; None: the number varies."""
    words_by: str | None

    def metric(self, language: str) -> Metric:
        """Return the metric for answers in ``language`` (``zh``); TaskError if jieba is missing."""
        found = plugin_metric(self.name, language, _EXAMPLE)
        if found is not None:
            return found
        if self.name in _ANY_LANGUAGE:
            return _ANY_LANGUAGE[self.name](nrefs=self.nrefs)
        options: dict[str, Any] = {"words_by": self.words_by} if self.words_by else {}
        return _BY_LANGUAGE[self.name](language, nrefs=self.nrefs, **options)


def asked_metric(text: str) -> Asked:
    """Return what a name with its options asks for; TaskError if that can't be."""
    name, *options = text.split(":")
    known = (*NAMES, *_of_plugins())
    if name not in known:
        raise TaskError(f"no metric is named {name!r}; known: {', '.join(known)}")
    words_by = JIEBA if JIEBA in options else None
    if words_by and name not in _CUT_INTO_WORDS:
        raise TaskError(f"{text!r}: {name} isn't cut into words, so it takes no 'jieba'")
    counts = [option for option in options if option != JIEBA]
    if len(counts) > 1 or len(options) > len(counts) + 1 or not all(map(_is_count, counts)):
        raise TaskError(f"{text!r} must be like '{name}:4', '{name}:var'")
    count = counts[0] if counts else "1"
    return Asked(name=name, nrefs=None if count == "var" else int(count), words_by=words_by)


def _is_count(text: str) -> bool:
    return text == "var" or (text.isascii() and text.isdecimal() and int(text) > 0)


_EXAMPLE = Text(prediction="one two", references=("one two",))


def _of_plugins() -> Mapping[str, str]:
    """Return the distributions of the plugins' metrics; TaskError for one that has our name."""
    found = plugin_metrics()
    for name, distribution in found.items():
        if name in NAMES:
            what = f"plugin {distribution}: a metric is named {name!r} already"
            raise TaskError(f"{what}; uninstall {distribution}")
    return found
