"""Hostile changes of files: bytes that are wrong, and values that are valid JSON and no more."""

import copy
import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from hypothesis import settings

from harness.errors import AligntaxError

DEEP: Any = []
for _ in range(300):
    DEEP = [DEEP]

HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, -(2**70), 10**400, 1e308, -0.0, 0.5,
    "", "..", "../../escape", "/etc/passwd", "a/b", "a\\b", "nul\x00byte", "CON", "~root", ".",
    "\x1b[31mred\x1b]0;title\x07", "\u202eltr", "\x9b1m", "[x](http://x)", "![i](http://x/y.png)",
    "<script>alert(1)</script>", "|", "`", "e" * 5000, "\U0001f600", "患者", "half",
    [], {}, [[]], [None], {"": ""}, {"a": {"b": []}}, [1, "x"], DEEP, ["../../escape"],
    {"__class__": "os.system"}, "!!python/object/apply:os.system ['true']", "NaN", "0" * 64,
)  # fmt: skip
KEYS = ("", "format_version", "key", "id", "cells", "__proto__", "../x", "name", "\x1b[2J")


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a tree, the root's first."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:4]):
            yield from places(inner, (*at, index))


def changed(tree: Any, seed: int) -> Any:
    """Return a copy with one to three values replaced, removed, doubled or renamed."""
    rng, tree = random.Random(seed), copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        known = [path for path in places(tree) if path]
        if not known:
            return rng.choice(HOSTILE)
        *above, last = rng.choice(known)
        owner = tree
        for step in above:
            owner = owner[step]
        action = rng.random()
        if action < 0.7:
            owner[last] = copy.deepcopy(rng.choice(HOSTILE))
        elif action < 0.85:
            del owner[last]
        elif isinstance(owner, dict):
            owner[rng.choice(KEYS)] = owner.pop(last)
        else:
            owner.append(copy.deepcopy(owner[last]))
    return tree


def as_text(tree: Any, seed: int) -> str:
    """Return JSON that is sometimes not strict: NaN, a key twice, half a character."""
    text = json.dumps(tree, ensure_ascii=False)
    trick = random.Random(seed).random()
    if trick < 0.04:
        return text.replace(": 0", ": NaN", 1)
    if trick < 0.08:
        return text.replace("{", '{"cells": 1, "cells": 2, ', 1)
    if trick < 0.12:
        return text.replace('"half"', '"\\ud800"').replace(": 1", ": 1e999", 1)
    return text


def damaged(content: bytes, seed: int) -> bytes:
    """Return bytes with some flipped, cut off, doubled or put in."""
    rng, data = random.Random(seed), bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(data) + 1)
        action = rng.randrange(5)
        if action == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            del data[at : at + rng.choice((1, 8, 1000))]
        elif action == 2:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 4, 30))))
        elif action == 3:
            data[at:at] = data[at : at + 50]
        else:
            data[at : at + 4] = rng.choice((b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"[[[["))
    return bytes(data)


def hostile_table(table: pa.Table, seed: int) -> pa.Table:
    """Return a table with a column of other values or of another type, gone, or doubled."""
    rng = random.Random(seed)
    name = rng.choice(table.column_names)
    at, action = table.column_names.index(name), rng.randrange(6)
    values = table.column(name).to_pylist()
    if action == 0:
        return table.drop_columns([name])
    if action == 1:
        return table.append_column(name, table.column(name))
    if action == 2:
        return table.set_column(at, name, pa.array([rng.randrange(9)] * len(table), pa.int64()))
    if action == 3:
        return table.set_column(at, name, pa.array([None] * len(table), table.column(name).type))
    if action == 4:
        return pa.concat_tables([table, table])
    for i in range(len(values)):
        if rng.random() < 0.5:
            values[i] = rng.choice(HOSTILE)
    kept = [_fitting(value, table.column(name).type, rng) for value in values]
    return table.set_column(at, name, pa.array(kept, table.column(name).type))


def _fitting(value: Any, wanted: pa.DataType, rng: random.Random) -> Any:
    if pa.types.is_floating(wanted):
        return rng.choice([0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, 0.5, float("nan"), float("inf")])
    if pa.types.is_integer(wanted):
        return rng.choice([0, 1, -1, 2**31 - 1])
    if isinstance(value, str) and rng.random() < 0.6:
        return value.encode("utf-8", "replace").decode()
    return json.dumps(changed({"a": [1, {"type": "generate"}]}, rng.randrange(2**32)))


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise TimeoutError if what is inside takes longer: a hang is a failure."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fuzzed(examples: int) -> settings:
    """Return the settings of a fuzz test: the same examples each time."""
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)


def checked(error: AligntaxError | None, codes: tuple[int, ...]) -> str:
    """Return the class of a one-line error, ``fine`` without one."""
    if error is None:
        return "fine"
    assert "\n" not in str(error)
    assert error.exit_code in codes
    return type(error).__name__
