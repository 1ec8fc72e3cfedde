"""A few of the documents that a checkpoint lost, and of those that it won, with their texts.

Nothing is shown of private cells, nor of prompts that ask for something harmful: a report travels.
"""

from collections.abc import Mapping, Sequence

from harness.analysis.exchange import exchange
from harness.analysis.items import chosen, follow
from harness.analysis.sides import Side
from harness.evidence import Evidence
from harness.records import SampleRecord
from harness.report.results import Answer, Example
from harness.results import Wording
from harness.results.items import Exchange, Item, Items, Wanted
from harness.store import Store

_LOST, _WON = 4, 2
_PROMPT, _ANSWER, _HEAD = 1600, 800, 300  # characters
_TRIED = 5  # documents of a row before it is given up: each may be one that isn't shown


def chain_examples(
    store: Store, chain: Sequence[Side], *, share_safe: bool
) -> tuple[tuple[Example, ...], tuple[str, ...]]:
    """Return documents that turned at the last checkpoint of a chain, and the rows kept silent.

    One document a task: first the tasks that lost most on balance, then those that won most.
    ``share_safe``: no example at all.
    """
    if share_safe:
        return (), ()
    followed, silent = [], []
    for row, last in chain[-1].evidence.items():
        if last.identity.variant.formulation == "rolling":  # all texts drift
            continue
        cells = [side.evidence[row] for side in chain if row in side.evidence]
        if len(cells) < 2 or cells[-2].identity.checkpoint != chain[-2].name:
            continue
        if any(cell.identity.privacy for cell in cells):
            silent.append(f"{row}: private")
            continue
        followed.append(_Row(store, cells))
    found = (*_pick(followed, "lost", _LOST), *_pick(followed, "gained", _WON))
    return found, tuple(silent)


class _Row:
    """One row along the chain, its records read when they are needed."""

    def __init__(self, store: Store, cells: Sequence[Evidence]) -> None:
        self.items: Items = follow(cells)
        self.task, self._store = cells[-1].identity.task, store
        self._cells = {cell.identity.cell: cell for cell in cells}
        self._records: dict[str, Mapping[str, SampleRecord]] = {}

    def turned(self, turn: Wording) -> list[Item]:
        """Return the documents that the last checkpoint lost or won, flaky ones apart."""
        wanted = Wanted(turn="lost" if turn == "lost" else "won", stage=self.items.chain[-1])
        return [item for item in chosen(self.items, wanted) if item.fate != "flaky"]

    def example(self, item: Item, turn: Wording, of: int) -> Example | None:
        """Return one document with its texts; None where they may not be shown."""
        said: list[Exchange] = []
        answers = []
        stages = zip(self.items.chain, self.items.cells, item.stages, strict=True)
        for at, (checkpoint, cell, stage) in enumerate(stages):
            record = self._of(cell).get(item.document)
            if stage is None or record is None:
                continue
            known = exchange(record, self.items.kind, self.items.info)
            if known.withheld is not None or known.harmful:
                return None
            right = item.pattern[at] == "1" if item.pattern else None
            said.append(known)
            answers.append(_answer(checkpoint, right, stage.value, known))
        if not said:
            return None
        return Example(
            row=self.items.row,
            document=item.document,
            turn=turn,
            of=of,
            n=len(self.items.items),
            metric=self.items.info.name,
            unit=self.items.info.unit,
            asked=_shortened(said[0].prompt, _PROMPT),
            wanted=_shortened(said[0].target, _ANSWER),
            answers=tuple(answers),
        )

    def _of(self, cell: str) -> Mapping[str, SampleRecord]:
        if cell not in self._records:
            known = self._cells[cell]
            asked = set(zip(known.documents, known.request_hashes, strict=True))
            found = self._store.records(cell)
            self._records[cell] = {
                r.document: r for r in found if (r.document, r.request_hash) in asked
            }
        return self._records[cell]


def _answer(checkpoint: str, right: bool | None, value: float | None, said: Exchange) -> Answer:
    return Answer(
        checkpoint=checkpoint,
        right=right,
        value=value,
        status=said.status,
        limited=said.cut,
        text=_shortened("\n".join(said.answers), _ANSWER),
    )


def _shortened(text: str, most: int) -> str:
    """Return a text of about ``most`` characters at most, its end whole: there is the question."""
    if len(text) <= most:
        return text
    head = min(_HEAD, most // 2)
    left = len(text) - most
    return f"{text[:head]}\n… ({left:,} characters left out) …\n{text[len(text) - (most - head) :]}"


def _pick(rows: Sequence[_Row], turn: Wording, count: int) -> list[Example]:
    other: Wording = "gained" if turn == "lost" else "lost"
    turned = {row: row.turned(turn) for row in rows}
    ranked = sorted(
        (row for row in turned if turned[row]),
        key=lambda row: (
            row.items.no_fates is not None,  # first those that are plainly right or wrong
            (len(row.turned(other)) - len(turned[row])) / len(row.items.items),
        ),
    )
    found: dict[str, Example] = {}
    for row in ranked:
        if len(found) == count:
            break
        if row.task in found:
            continue
        made = (row.example(item, turn, len(turned[row])) for item in turned[row][:_TRIED])
        example = next((each for each in made if each is not None), None)
        if example is not None:
            found[row.task] = example
    return list(found.values())
