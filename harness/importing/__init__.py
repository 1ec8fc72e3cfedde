"""Evidence of others: lm-eval's result files, read into a store.

What has samples becomes cells with records and score layers, which pair by document like our own;
what has none becomes numbers (:class:`harness.evidence.Aggregate`). Their backend is called
``lm-eval import``, their fingerprints are declared, not measured.
"""

from harness.importing.job import import_lm_eval
from harness.importing.request import Place, Request, Summary

__all__ = ["Place", "Request", "Summary", "import_lm_eval"]
