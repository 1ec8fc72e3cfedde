"""The kind ``generation``, by idea; :mod:`harness.kinds.generation.kind` builds the task."""

from harness.kinds.generation.kind import generation

__all__ = ["generation"]
