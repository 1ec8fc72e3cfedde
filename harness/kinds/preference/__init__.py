"""The kind ``preference``, by idea; :mod:`harness.kinds.preference.kind` builds the task."""

from harness.kinds.preference.kind import preference

__all__ = ["preference"]
