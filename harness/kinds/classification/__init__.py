"""The kind ``classification``; :mod:`harness.kinds.classification.kind` builds the task."""

from harness.kinds.classification.kind import classification

__all__ = ["classification"]
