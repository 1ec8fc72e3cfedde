"""Rows of tokens with IOB2 tags become a text with entities at character offsets."""

from harness.data import Row
from harness.metrics.spans import tagged_spans
from harness.records import JSON


def tagged_entities(row: Row, blank: str) -> tuple[str, list[dict[str, JSON]]]:
    """Return the text and its entities; tokens without a text are joined by ``blank``.

    DataError for tags that aren't IOB2, and for tokens that the text doesn't hold in this order.
    """
    tokens, tags = _texts(row, "tokens"), _texts(row, "tags")
    if len(tokens) != len(tags):
        raise row.error(f"{len(tokens)} tokens and {len(tags)} tags: one tag a token is needed")
    _check(row, tags)
    text = row.text("text") if "text" in row.fields else blank.join(tokens)
    places = _places(row, text, tokens)
    found = []
    for first, end, name in tagged_spans(tags):
        start, stop = places[first][0], places[end - 1][1]
        found.append({"start": start, "end": stop, "type": name, "text": text[start:stop]})
    return text, found


def _texts(row: Row, name: str) -> list[str]:
    value = row.get(name)
    if not isinstance(value, list) or not value:
        raise row.error(f"field {name!r} must be a list of at least 1 text")
    for index, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            raise row.error(f"{name}[{index}] must be a text that isn't empty, not {item!r}")
    return value


def _check(row: Row, tags: list[str]) -> None:
    before = "O"
    for index, tag in enumerate(tags):
        prefix, dash, name = tag.partition("-")
        if tag != "O" and not (prefix in ("B", "I") and dash and name):
            raise row.error(f"tags[{index}] is {tag!r}; an IOB2 tag is O, B-type or I-type")
        if prefix == "I" and before not in (f"B-{name}", tag):
            raise row.error(f"tags[{index}] {tag!r} continues nothing; in IOB2 it must be B-{name}")
        before = tag


def _places(row: Row, text: str, tokens: list[str]) -> list[tuple[int, int]]:
    places = []
    at = 0
    for index, token in enumerate(tokens):
        start = text.find(token, at)
        if start < 0:
            raise row.error(f"tokens[{index}] {token!r} isn't in field 'text' behind the others")
        at = start + len(token)
        places.append((start, at))
    return places
