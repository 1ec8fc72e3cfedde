"""A sequential gate in a process of its own: ``gated_run.py FOLDER QUESTIONS WRONG``.

FOLDER holds a toy family (see planted.py); ``dpo`` gets the questions WRONG (comma-separated) wrong
and takes a while for each answer. The questions that it answered go to FOLDER/notes, the verdict's
rules to FOLDER/verdict.json.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from planted import Family, Planted

from harness.interrupt import Interrupted, listening
from harness.records import Request, Response


class Slow(Planted):
    """Notes every answer before anybody hears of it."""

    def __init__(self, notes: Path, wrong: Sequence[int]) -> None:
        super().__init__(wrong)
        self._notes = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def respond(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        for index, response in super().respond(requests):
            time.sleep(0.0005)
            os.write(self._notes, f"{self.asked[-1]}\n".encode())
            yield index, response


def main(folder: Path, questions: int, wrong: Sequence[int]) -> None:
    family = Family(folder, questions, {"a": {}, "b": {"variants": ["mcf"]}})
    family.plant("dpo", Slow(folder / "notes", wrong))
    with listening() as stop:
        found = family.gate("rules: [{task: '*', margin: 10}]\n", stop=stop)
    rules = [asdict(rule) for rule in found.rules]
    (folder / "verdict.json").write_text(json.dumps([found.decision, rules]))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), [int(n) for n in sys.argv[3].split(",")])
    except Interrupted as stopped:
        sys.exit(stopped.exit_code)
