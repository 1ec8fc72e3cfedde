"""FLORES-200 (NLLB team 2022): sentences of Wikimedia pages, from and into English.

Source: github.com/facebookresearch/flores; ``test`` is its devtest. Licence: CC BY-SA 4.0. The
Chinese is simplified.
Example: ``{"id": "flores-devtest-1", "en": "Dr. Ehud Ur, professor of medicine at Dalhousie
University in Halifax, Nova Scotia ... cautioned that the research is still in its early days.",
"zh": "埃胡德·乌尔博士（新斯科舍省哈利法克斯市达尔豪西大学医学教授，...）提醒，
这项研究仍处在早期阶段。", "fr": ...}``
"""

from harness.data import DataSet
from harness.kinds.generation import generation
from harness.task import Card

LANGUAGES = {"zh": "Chinese", "fr": "French", "de": "German", "es": "Spanish", "ja": "Japanese"}
NAMES = {"en": "English", **LANGUAGES}
PAIRS = [pair for other in LANGUAGES for pair in (("en", other), (other, "en"))]


def _prompt(source: str, target: str) -> str:
    asked = f"Translate from {NAMES[source]} to {NAMES[target]}."
    return f"{asked}\n{NAMES[source]}: {{source}}\n{NAMES[target]}:"


TASKS = tuple(
    generation(
        Card(
            name=f"flores200_{source}_{target}",
            capability="general",
            language=f"{source}-{target}",
            licence="CC-BY-SA-4.0",
            source="https://github.com/facebookresearch/flores",
        ),
        DataSet(set="flores200", shots="dev", fields={"source": source, "target": target}),
        prompt=_prompt(source, target),
        metrics=("bleu", "chrf++"),
        max_tokens=256,
        stop=("\n",),
    )
    for source, target in PAIRS
)
