"""Answers of documents that aren't complete yet: choices whose batches came before the others'.

A backend sorts requests by length, so the choices of one document lie in batches far apart, and
what a kill would cost is far more than the batch in flight. Likelihoods therefore go to a file
beside the journal as they come, and the next run begins with them. Texts never do: they are
recorded with their document, under its rules of privacy.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from harness.errors import StoreError
from harness.records import Likelihood, Response, pack, unpack
from harness.store.bounds import JOURNAL, is_number, read_whole, strict_json
from harness.store.files import disk
from harness.store.lines import LineFile, left_behind

__all__ = ["PartialAnswers", "drop_answers"]

_FILES = "partial-*.jsonl"


class PartialAnswers:
    """The answers that earlier writers of a cell left, and those of this one as they come.

    Leaving it in good order removes the file: all documents are complete then. Leaving it by an
    exception keeps it for the next run.
    """

    def __init__(self, folder: Path) -> None:
        """Take over what dead writers left in a cell's folder."""
        self._folder = folder
        self._file: LineFile | None = None
        self._known: dict[tuple[str, int], Likelihood] = {}
        for path in sorted(folder.glob(_FILES)):
            with left_behind(path) as mine:
                if mine:
                    self._take_over(path)

    def known(self, request_hash: str, index: int) -> Likelihood | None:
        """Return the answer to one of a document's requests, if an earlier writer has left it."""
        return self._known.get((request_hash, index))

    def add(self, request_hash: str, index: int, response: Response) -> None:
        """Keep an answer; a failure or a text isn't kept."""
        if isinstance(response, Likelihood):
            self._write([((request_hash, index), response)])

    def sync(self) -> None:
        """Force to the disk what was added."""
        if self._file is not None:
            self._file.sync()

    def _take_over(self, path: Path) -> None:
        found = dict(_read(path))
        self._known |= found
        self._write([*found.items()])
        self.sync()
        with disk(path, "removed"):
            path.unlink()

    def _write(self, answers: Sequence[tuple[tuple[str, int], Likelihood]]) -> None:
        if answers and self._file is None:
            self._file = LineFile(self._folder, "partial")
        if self._file is not None:
            self._file.append(
                {"request_hash": hash_, "index": index, "response": pack(answer)}
                for (hash_, index), answer in answers
            )

    def __enter__(self) -> "PartialAnswers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
            if kind is None:
                with disk(self._file.path, "removed"):
                    self._file.path.unlink(missing_ok=True)
        except StoreError:
            if kind is None:  # else the first error is the one to tell
                raise


def drop_answers(folder: Path) -> None:
    """Remove what dead writers left in the folder of a cell that lacks nothing any more."""
    for path in sorted(folder.glob(_FILES)):
        with left_behind(path) as mine, disk(path, "removed"):
            if mine:
                path.unlink()


def _read(path: Path) -> Iterator[tuple[tuple[str, int], Likelihood]]:
    """Yield what a file holds; a line that can't be read is one answer to ask again."""
    with disk(path, "read"):
        lines = read_whole(path, JOURNAL).split(b"\n")[1:-1]
    for line in lines:
        try:
            content = strict_json(line)
            place, answer = (content["request_hash"], content["index"]), unpack(content["response"])
        except (ValueError, LookupError, TypeError):
            continue
        if isinstance(answer, Likelihood) and is_number(answer.logprob):
            yield place, answer
