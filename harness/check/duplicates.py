"""Questions that a file asks twice, but for case, punctuation and blanks.

Multiple-choice questions are the same if their choices are, in any order: "Which is true?" isn't.
"""

from collections import defaultdict
from collections.abc import Sequence

from harness.check.report import EXAMPLES, Finding
from harness.check.texts import excerpt, question_of, tokens_of
from harness.data import Row
from harness.records import JSON, Document


def duplicates(documents: Sequence[tuple[Row, Document]]) -> list[Finding]:
    """Return a finding about repeated questions, and one about those with different answers."""
    groups: dict[tuple[object, ...], list[tuple[Row, Document]]] = defaultdict(list)
    for row, document in documents:
        groups[_key(document)].append((row, document))
    repeated = [group for group in groups.values() if len(group) > 1]
    torn = [group for group in repeated if len({_answer(document) for _, document in group}) > 1]
    return [
        _finding(repeated, "questions asked more than once"),
        _finding(torn, "of these, with different answers"),
    ]


def _finding(groups: list[list[tuple[Row, Document]]], what: str) -> Finding:
    examples = [
        f"{_places(group)}: {excerpt(question_of(group[0][1]))}" for group in groups[:EXAMPLES]
    ]
    return Finding(
        check="duplicates",
        warning=bool(groups),
        what=f"{what}: {len(groups):,}",
        count=sum(len(group) for group in groups),
        examples=tuple(examples),
    )


def _places(group: list[tuple[Row, Document]]) -> str:
    numbers = ", ".join(str(row.line) for row, _ in group[:EXAMPLES])
    more = ", …" if len(group) > EXAMPLES else ""
    return f"{group[0][0].counted}s {numbers}{more}"


def _key(document: Document) -> tuple[object, ...]:
    choices = document.fields.get("choices", ())
    return (
        tuple(tokens_of(question_of(document))) or question_of(document),
        tuple(sorted(tuple(tokens_of(choice)) for choice in choices)),
    )


def _answer(document: Document) -> str:
    """Return the answer that is the only right one; the same for all if there may be several."""
    fields = document.fields
    answer: JSON = fields.get("answer")
    if "choices" in fields:
        picked = answer if isinstance(answer, list) else [answer]
        return repr(sorted(fields["choices"][index] for index in picked))
    return repr([fields.get(name) for name in ("label", "answers")])
