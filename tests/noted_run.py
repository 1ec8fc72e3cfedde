"""The command line with a note of every answer that a model gives: ``noted_run.py NOTES ARGS...``.

A line of NOTES is one request's hash; it is written before the run hears of the answer.
"""

import os
import sys
from collections.abc import Iterator, Sequence

from harness import cli
from harness.backends.hf import HFBackend
from harness.records import Request, Response, request_hash


def main() -> None:
    notes = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    respond = HFBackend.respond

    def noted(self: HFBackend, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        for index, response in respond(self, requests):
            os.write(notes, f"{request_hash([requests[index]])}\n".encode())
            yield index, response

    HFBackend.respond = noted  # type: ignore[method-assign]
    cli.main()


if __name__ == "__main__":
    main()
