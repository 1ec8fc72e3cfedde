"""The kind ``perplexity``, by idea; :mod:`harness.kinds.perplexity.kind` builds the task."""

from harness.kinds.perplexity.kind import perplexity

__all__ = ["perplexity"]
