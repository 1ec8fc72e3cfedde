r"""WikiText-2, raw (Merity et al. 2016): the 62 Wikipedia articles of its test set.

Source: Wikipedia's good and featured articles. Licence: CC BY-SA 3.0 and GFDL. One document is one
article, with WikiText's own blanks (" @-@ ") kept: perplexities compare with each other, and only
roughly with published ones, which join all articles to one text.
Example: ``{"id": "wikitext2-raw-test-0", "title": "Robert Boulter", "text": " = Robert Boulter =
\n\n Robert Boulter is an English film , television and theatre actor . ..."}``

``perplexity_wikitext_short`` scores the first 4400 characters of each article: a fifth of them, and
on average 1,011 tokens of SmolLM2's tokenizer. It is cut by characters, so that all checkpoints
score the same text whatever their tokens.
"""

from harness.data import DataSet, Hub
from harness.kinds.perplexity import perplexity
from harness.task import Card

CUTS = {"perplexity_wikitext": None, "perplexity_wikitext_short": 4400}

TASKS = tuple(
    perplexity(
        Card(
            name=name,
            capability="general",
            language="en",
            licence="CC-BY-SA-3.0 AND GFDL-1.3-or-later",
            source="https://huggingface.co/datasets/Salesforce/wikitext",
        ),
        DataSet(
            set="wikitext2",
            hub=Hub(
                id="EleutherAI/wikitext_document_level",
                config="wikitext-2-raw-v1",
                fields={"text": "page"},
            ),
        ),
        characters=characters,
    )
    for name, characters in CUTS.items()
)
