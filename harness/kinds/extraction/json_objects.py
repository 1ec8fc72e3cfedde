"""JSON objects inside an answer: bare, in code fences or amid prose."""

import json
from collections.abc import Iterator, Mapping

from harness.records import JSON

_TRIES = 2_000  # a degenerate answer can hold nothing but braces


def json_objects(text: str) -> Iterator[Mapping[str, JSON]]:
    """Yield every JSON object in a text, outer ones before those within them.

    Nothing is repaired: single quotes, comments and trailing commas aren't JSON. Of a key that
    occurs twice the last value counts, as in Python's ``json``.
    """
    decoder = json.JSONDecoder()
    start = text.find("{")
    for _ in range(_TRIES):
        if start < 0:
            return
        try:
            value, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # not JSON; numbers too long; nested too deep
            pass
        else:
            yield value
        start = text.find("{", start + 1)
