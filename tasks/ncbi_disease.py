"""NCBI Disease (Doğan et al. 2014): which diseases does a PubMed abstract mention?

Source: github.com/spyysalo/ncbi-disease, official test set, 960 mentions. Licence: public domain
(US Government work). ``ncbi_disease`` asks sentence by sentence, tokenised upstream;
``ncbi_disease_abstracts`` asks about title and abstract as they were printed.
Example: ``{"id": "ncbi-test_sent-0", "text": "Clustering of missense mutations in the ataxia -
telangiectasia gene in a sporadic T - cell leukaemia .", "entities": [{"start": 40, "end": 63,
"type": "Disease", "text": "ataxia - telangiectasia"}, ...], "tokens": [...], "tags": [...]}``

A perfect list reaches a strict F1 of 99.9 % on sentences and 99.3 % on abstracts: a few mentions
are spelt like words before them that aren't annotated. The hub's copies are loading scripts, which
``datasets`` no longer runs.
"""

from harness.data import DataSet
from harness.kinds.extraction import extraction
from harness.task import Card


def _card(name: str) -> Card:
    return Card(
        name=name,
        capability="domain",
        language="en",
        licence="public domain",
        source="https://github.com/spyysalo/ncbi-disease",
    )


TASKS = (
    extraction(
        _card("ncbi_disease"),
        DataSet(set="ncbi_disease", split="test_sent", shots="dev_sent"),
        types=("Disease",),
        max_tokens=128,
        shots=3,
    ),
    extraction(
        _card("ncbi_disease_abstracts"),
        DataSet(set="ncbi_disease", shots="dev"),
        types=("Disease",),
        max_tokens=384,
        shots=1,
    ),
)
