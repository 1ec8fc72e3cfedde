"""The kind ``instructions``, by idea; :mod:`harness.kinds.instructions.kind` builds the task."""

from harness.kinds.instructions.kind import instructions

__all__ = ["instructions"]
