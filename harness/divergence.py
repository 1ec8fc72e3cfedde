"""KL of checkpoints to their references: both models read the same texts, token by token.

Each document is asked as its candidate would be, and both answer. What a store already holds of two
fingerprints, a task and the numerics isn't computed again. A pair's file is written whole, every
half minute and at its end, so a run that is killed loses no more than that.
"""

import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.backends import BackendSpec
from harness.checkpoint import Inspection
from harness.errands import Errand, lacking
from harness.interrupt import Stop
from harness.plan import Cell
from harness.privacy.wording import bare
from harness.records import Document, Failure
from harness.results.divergence import DocumentDivergence, PairDivergence
from harness.run import ERROR_SHARE, Watcher
from harness.store import Store
from harness.store.divergences import divergence_held, write_divergence
from harness.store.place import Place, naming

if TYPE_CHECKING:
    from harness.backends.divergence import Loaded, Pair, Sums
    from harness.backends.encoding import Encoder

__all__ = ["Diverged", "diverge"]

_SAVE = 30.0  # seconds between writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverged:
    """How an errand ended."""

    errand: Errand
    held: PairDivergence | None
    """What the store has now; None if nothing."""
    asked: int = 0
    """Documents that the models were run on; 0 if the store had them."""
    failed: int = 0
    """Of them, those without a result."""
    failure: str | None = None
    """The reason that was given most often."""
    refused: str | None = None
    """Why these two can't be compared."""

    @property
    def incomplete(self) -> str | None:
        """A line if too many documents failed."""
        if self.failed <= ERROR_SHARE * len(self.errand.cell.documents):
            return None
        return f"KL of {self.errand.title}: {self.failed} of {self.asked} failed: {self.failure}"


def diverge(
    errands: Sequence[Errand],
    inspections: Mapping[str, Inspection],
    spec: BackendSpec,
    store: Store,
    watcher: Watcher,
    stop: Stop | None = None,
) -> list[Diverged]:
    """Do what a store lacks of some errands; return how all of them ended, in their order.

    Raises CheckpointError for weights that can't be loaded, StoreError when the disk says no,
    Interrupted when ``stop`` was asked to; what was finished until then is in the store.
    """
    models = _Models(inspections, spec, watcher)
    place = Place(store.root)
    place.keep()
    with naming(store.root):
        try:
            return [_done(errand, models, store, place, stop or Stop()) for errand in errands]
        finally:
            models.keep(set())


def _done(errand: Errand, models: "_Models", store: Store, place: Place, stop: Stop) -> Diverged:
    stop.check()
    # looked up only now: two checkpoints may share weights, and so a file
    documents = lacking(errand, store)
    work = _Work(errand, store, place)
    if not documents:
        work.save()
        return Diverged(errand=errand, held=work.held, refused=errand.unfit)
    pair = models.pair(errand)
    if pair.obstacle is not None:
        return Diverged(errand=errand, held=work.held, refused=pair.obstacle)
    models.watcher.begin(errand.cell, len(documents))
    encoder, size = models.encoder(errand), models.spec.batch_size
    longest = sorted(documents, key=lambda d: -_size(errand.cell, d))
    try:
        for i in range(0, len(longest), size):
            with stop.finishing():
                work.add(_answers(errand.cell, longest[i : i + size], pair, encoder))
            for _ in longest[i : i + size]:
                models.watcher.advance()
    finally:
        work.save()
    why = work.failures.most_common(1)
    return Diverged(
        errand=errand,
        held=work.held,
        asked=len(documents),
        failed=work.failures.total(),
        failure=why[0][0] if why else None,
    )


def _size(cell: Cell, document: Document) -> int:
    return sum(len(str(request)) for request in cell.requests[document.id])


def _answers(
    cell: Cell, documents: Sequence[Document], pair: "Pair", encoder: "Encoder"
) -> Iterator[tuple[Document, "Sums | Failure"]]:
    """Yield documents with their sums; failures where a text can't be asked, read or summed."""
    from harness.backends.divergence import windows
    from harness.backends.encoding import UnencodableError

    spans, counts = [], {}
    for document in documents:
        if document.id in cell.questions.unaskable:
            yield document, cell.questions.unaskable[document.id]
            continue
        try:
            own = windows(encoder, cell.requests[document.id])
        except UnencodableError as error:
            yield document, Failure(str(error))
            continue
        spans += own
        counts[document.id] = len(own)
    parts = iter(pair.measure(spans))
    for document in (d for d in documents if d.id in counts):
        yield document, _total([next(parts) for _ in range(counts[document.id])])


def _total(parts: Sequence["Sums | Failure"]) -> "Sums | Failure":
    sums = []
    for part in parts:
        if isinstance(part, Failure):
            return part
        sums.append(part)
    total = sums[0]
    for each in sums[1:]:
        total = total + each
    return total


class _Work:
    """What is known of one errand, and what came to it."""

    def __init__(self, errand: Errand, store: Store, place: Place) -> None:
        self.errand, self._store, self._place = errand, store, place
        self.failures: Counter[str] = Counter()
        cell, before = errand.cell, divergence_held(store, errand.identity)
        self._written = before
        self._documents = {
            d.document: d
            for d in (before.documents if before else ())
            # of a whole task what isn't asked any more is gone from its data
            if cell.limited or (d.document, d.request) in cell.asked
        }
        self._saved = time.monotonic()

    @property
    def held(self) -> PairDivergence | None:
        """All that is known, by document."""
        if not self._documents:
            return None
        cell = self.errand.cell
        return PairDivergence(
            identity=self.errand.identity,
            row=cell.row,
            capability=cell.task.card.capability,
            language=cell.task.card.language,
            documents=tuple(self._documents[name] for name in sorted(self._documents)),
        )

    def add(self, answers: Iterator[tuple[Document, "Sums | Failure"]]) -> None:
        """Take answers; write them if the last write is long ago."""
        cell = self.errand.cell
        for document, answer in answers:
            if isinstance(answer, Failure):
                self.failures[bare(answer.reason) if cell.private else answer.reason] += 1
                continue
            name, request = cell.stored(document)
            self._documents[name] = DocumentDivergence(
                document=name,
                request=request,
                cluster=cell.veil.cluster(document),
                tokens=answer.tokens,
                forward=answer.forward,
                reverse=answer.reverse,
                variation=answer.variation,
            )
        if time.monotonic() - self._saved > _SAVE:
            self.save()

    def save(self) -> None:
        """Write what is known, if the store has something else."""
        held = self.held
        if held is not None and held != self._written:
            self._place.check()
            write_divergence(self._store, held)
            self._written = held
        self._saved = time.monotonic()


class _Models:
    """The two models at hand; one that the next pair needs as well stays."""

    def __init__(
        self, inspections: Mapping[str, Inspection], spec: BackendSpec, watcher: Watcher
    ) -> None:
        self._inspections, self.spec, self.watcher = inspections, spec, watcher
        self._loaded: dict[str, Loaded] = {}

    def pair(self, errand: Errand) -> "Pair":
        """Return both sides, loaded."""
        from harness.backends.divergence import Pair, load

        sides = [errand.reference.name, errand.cell.checkpoint.name]
        self.keep({self._inspections[name].fingerprint for name in sides})
        found = []
        for name in sides:
            inspection = self._inspections[name]
            if inspection.fingerprint not in self._loaded:
                self.watcher.load(name)
                self._loaded[inspection.fingerprint] = load(self.spec, inspection)
            found.append(self._loaded[inspection.fingerprint])
        return Pair(found[0], found[1], self.spec.batch_size)

    def encoder(self, errand: Errand) -> "Encoder":
        """Return what makes tokens of the texts."""
        from harness.backends.divergence import open_encoder

        inspection = self._inspections[errand.cell.checkpoint.name]
        known = self._loaded[inspection.fingerprint].embeddings
        return open_encoder(self.spec, inspection, known)

    def keep(self, fingerprints: set[str]) -> None:
        """Free the weights of all others."""
        if not set(self._loaded) - fingerprints:
            return
        self._loaded = {k: v for k, v in self._loaded.items() if k in fingerprints}
        gc.collect()
        if torch := sys.modules.get("torch"):
            torch.cuda.empty_cache()
