"""Built-in tasks: one file each, found by :mod:`harness.registry`."""
