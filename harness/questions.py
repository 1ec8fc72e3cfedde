"""A task's questions in one way of asking, rendered once for all checkpoints that share it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from harness.guard import requests_of
from harness.privacy.policy import said_safely
from harness.privacy.veil import OPEN, Veil
from harness.records import Document, Failure, Request, request_hash
from harness.task import Prompt, Task


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What is asked about a task's documents in one way; checkpoints with one template share it."""

    task: Task
    prompt: Prompt
    documents: tuple[Document, ...]
    veil: Veil = OPEN
    """What the store has in place of the texts."""

    @cached_property
    def _built(self) -> Mapping[str, tuple[Request, ...] | Failure]:
        with said_safely(self.veil.mode):
            return {d.id: requests_of(self.task, d, self.prompt) for d in self.documents}

    @cached_property
    def requests(self) -> Mapping[str, tuple[Request, ...]]:
        """What exactly is asked, by document id; nothing where the task raises."""
        return {id_: () if isinstance(r, Failure) else r for id_, r in self._built.items()}

    @cached_property
    def unaskable(self) -> Mapping[str, Failure]:
        """Why the task can't ask about a document, by its id."""
        return {id_: r for id_, r in self._built.items() if isinstance(r, Failure)}

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """The hash of what is asked as the store has it, by document id."""
        return {
            id_: self.veil.hash(request_hash(requests)) for id_, requests in self.requests.items()
        }

    @cached_property
    def asked(self) -> Set[tuple[str, str]]:
        """The identities of the records that it wants: (document id, request hash)."""
        return frozenset(map(self.stored, self.documents))

    @cached_property
    def planned(self) -> Sequence[tuple[str, str, str]]:
        """Its documents as the store has them: id, hash of the request, hash of the fields."""
        return [(*self.stored(d), self.veil.hash(d.hash)) for d in self.documents]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {d.id: self.veil.name(d) for d in self.documents}

    def stored(self, document: Document) -> tuple[str, str]:
        """Return the identity of a document's record: its id in the store, hash of the request."""
        return self._names[document.id], self.hashes[document.id]
