"""PubMedQA, labelled subset (Jin et al. 2019): does an abstract answer a question with yes?

Source: github.com/pubmedqa/pubmedqa; ``test`` is the official test set of 500. Licence: MIT; the
abstracts come from PubMed. The hub's copy has no test set: of its 1000 rows the last 500 are
scored, so its numbers aren't those of the official test set.
Example: ``{"id": "pubmedqa-21645374", "question": "Do mitochondria play a role in remodelling lace
plant leaves during programmed cell death?", "contexts": ["Programmed cell death (PCD) is ...",
...], "long_answer": "Results depicted mitochondrial dynamics in vivo ...", "answer": "yes"}``

Accuracy of the summed log-likelihoods is primary, as in lm-eval's ``pubmedqa``, whose prompt this
is too: per character, "maybe" would win over "no". 55 % of the answers are "yes".

The abstracts with their conclusions are also texts for perplexity, ``perplexity_pubmed_en``.
"""

from collections.abc import Mapping
from dataclasses import replace

from harness.data import DataSet, Hub, Row
from harness.kinds.multiple_choice import multiple_choice
from harness.kinds.perplexity import perplexity
from harness.records import JSON
from harness.task import Card

CHOICES = ["yes", "no", "maybe"]


def _question(row: Row) -> Mapping[str, JSON]:
    abstract = "\n".join(_paragraphs(row))
    return {**row.fields, "context": f"Abstract: {abstract}", "choices": CHOICES}


def _paragraphs(row: Row) -> list[str]:
    paragraphs = row.get("contexts")
    if not isinstance(paragraphs, list) or not all(isinstance(p, str) for p in paragraphs):
        raise row.error("field 'contexts' must be a list of texts")
    return paragraphs


def _hub_row(row: Row) -> Mapping[str, JSON]:
    return {
        "id": f"pubmedqa-{row.get('pubid')}",
        "question": row.get("question"),
        "contexts": list(row.get("context")["contexts"]),
        "long_answer": row.get("long_answer"),
        "answer": row.get("final_decision"),
    }


def _hub_text(row: Row) -> Mapping[str, JSON]:
    ours = replace(row, fields=_hub_row(row))
    return {"id": ours.get("id"), "text": "\n".join([*_paragraphs(ours), ours.text("long_answer")])}


_SPLITS = {"test": "train[500:]", "dev": "train[:500]"}
_QA = multiple_choice(
    Card(
        name="pubmedqa",
        capability="domain",
        language="en",
        licence="MIT",
        source="https://github.com/pubmedqa/pubmedqa",
    ),
    DataSet(
        set="pubmedqa_l",
        shots="dev",
        adapt=_question,
        hub=Hub(id="qiaojin/PubMedQA", config="pqa_labeled", splits=_SPLITS, adapt=_hub_row),
    ),
)

TASKS = (
    replace(_QA, metrics=tuple(sorted(_QA.metrics, key=lambda m: m.info.name != "acc"))),
    perplexity(
        Card(
            name="perplexity_pubmed_en",
            capability="domain",
            language="en",
            licence="MIT",
            source="https://github.com/pubmedqa/pubmedqa",
        ),
        DataSet(
            set="ppl_pubmed_en",
            hub=Hub(id="qiaojin/PubMedQA", config="pqa_labeled", splits=_SPLITS, adapt=_hub_text),
        ),
    ),
)
