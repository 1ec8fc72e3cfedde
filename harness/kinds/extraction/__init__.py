"""The kind ``extraction``, by idea; :mod:`harness.kinds.extraction.kind` builds the task."""

from harness.kinds.extraction.kind import extraction

__all__ = ["extraction"]
