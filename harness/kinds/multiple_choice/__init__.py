"""The kind ``multiple_choice``; :mod:`harness.kinds.multiple_choice.kind` builds the task."""

from harness.kinds.multiple_choice.kind import multiple_choice

__all__ = ["multiple_choice"]
