"""BC5CDR (Li et al. 2016): which chemicals and diseases does a PubMed sentence mention?

Source: github.com/cambridgeltl/MTL-Bioinformatics-2016, official test set, 9,809 mentions in 4,797
sentences, tokenised upstream. Licence: CC BY 4.0.
Example: ``{"id": "bc5cdr-dev-0", "text": "22 - oxacalcitriol suppresses secondary
hyperparathyroidism without ...", "entities": [{"start": 0, "end": 18, "type": "Chemical", "text":
"22 - oxacalcitriol"}, {"start": 30, "end": 59, "type": "Disease", "text": "secondary
hyperparathyroidism"}, ...], "tokens": [...], "tags": [...]}``

Which sentences are of one abstract isn't known, so they count as independent. A perfect list
reaches a strict F1 of 99.9 %: a few mentions are spelt like words before them that aren't
annotated. The hub's copies are loading scripts, which ``datasets`` no longer runs.
"""

from harness.data import DataSet
from harness.kinds.extraction import extraction
from harness.task import Card

TASK = extraction(
    Card(
        name="bc5cdr",
        capability="domain",
        language="en",
        licence="CC-BY-4.0",
        source="https://github.com/cambridgeltl/MTL-Bioinformatics-2016",
    ),
    DataSet(set="bc5cdr", shots="dev"),
    types=("Chemical", "Disease"),
    max_tokens=192,
    shots=3,
)
