"""Which documents stand in the tuning data, as a whole or in pieces?

Exact: a document's question is a text of a tuning row, as :mod:`harness.check.texts` compares
them. 13-gram: any 13 tokens in a row of any of its texts stand in a tuning row, the rule of Brown
et al. 2020 (arXiv 2005.14165, appendix C) with CJK characters as tokens; thirteen characters of
Chinese are fewer words than thirteen words of English, so the rule is stricter there.

The tuning file is passed through row by row; only the documents are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.check.report import EXAMPLES, Finding
from harness.check.texts import excerpt, question_of, strings_in, tokens_of
from harness.data import Row, stream_rows
from harness.records import Document

GRAM = 13
SHORTEST = 3
"""Tokens that a question needs to be looked for as a whole: "Why?" stands everywhere."""

_Tokens = tuple[str, ...]


@dataclass(slots=True)
class _Index:
    questions: dict[_Tokens, list[int]] = field(default_factory=dict)
    grams: dict[_Tokens, list[int]] = field(default_factory=dict)
    exact: dict[int, Row] = field(default_factory=dict)
    """Of a document's number, the tuning row that has it."""
    pieces: dict[int, tuple[Row, _Tokens]] = field(default_factory=dict)

    def add(self, number: int, document: Document) -> None:
        question = tuple(tokens_of(question_of(document)))
        if len(question) >= SHORTEST:
            self.questions.setdefault(question, []).append(number)
        for text in strings_in(dict(document.fields)):
            for gram in set(_grams(tokens_of(text))):
                self.grams.setdefault(gram, []).append(number)

    def look(self, row: Row) -> None:
        for text in _texts(row):
            tokens = tokens_of(text)
            for number in self.questions.get(tuple(tokens), ()):
                self.exact.setdefault(number, row)
            for gram in _grams(tokens):
                for number in self.grams.get(gram, ()):
                    self.pieces.setdefault(number, (row, gram))


def overlap(documents: Sequence[tuple[Row, Document]], train: Path) -> list[Finding]:
    """Return the documents that a tuning file holds; DataError if it can't be read."""
    index = _Index()
    for number, (_, document) in enumerate(documents):
        index.add(number, document)
    rows = 0
    for row in stream_rows(train):
        rows += 1
        index.look(row)
    in_train = f"in the {rows:,} rows of {train.name}"
    exact = [(n, row, question_of(documents[n][1])) for n, row in sorted(index.exact.items())]
    pieces = [(n, row, " ".join(gram)) for n, (row, gram) in sorted(index.pieces.items())]
    return [
        _finding("exact overlap", f"questions stand {in_train}", documents, exact),
        _finding(
            f"{GRAM}-gram overlap", f"documents share {GRAM} tokens {in_train}", documents, pieces
        ),
    ]


def _finding(
    check: str,
    what: str,
    documents: Sequence[tuple[Row, Document]],
    found: Sequence[tuple[int, Row, str]],
) -> Finding:
    examples = []
    for number, theirs, text in found[:EXAMPLES]:
        ours = documents[number][0]
        place = f"{ours.counted} {ours.line}, tuning {theirs.counted} {theirs.line}"
        examples.append(f"{place}: {excerpt(text)}")
    return Finding(
        check=check,
        warning=bool(found),
        what=f"{len(found):,} of {len(documents):,} {what}",
        count=len(found),
        examples=tuple(examples),
    )


def _texts(row: Row) -> Iterator[str]:
    yield from strings_in(dict(row.fields))
    told, extra = row.fields.get("instruction"), row.fields.get("input")
    if isinstance(told, str) and isinstance(extra, str) and extra.strip():
        yield f"{told}\n{extra}"


def _grams(tokens: Sequence[str]) -> Iterator[_Tokens]:
    for start in range(len(tokens) - GRAM + 1):
        yield tuple(tokens[start : start + GRAM])
