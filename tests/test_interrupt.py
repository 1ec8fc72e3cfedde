"""SIGTERM and Ctrl-C: wait for the batch in flight, stop at once elsewhere, and at the second."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.interrupt import Interrupted, Stop, listening

Write = Callable[..., Path]
WORDS = "aligntax: interrupted; what was finished is stored, the same command goes on"
CODES = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]

# The command line with one function that says it was reached and then takes long.
SLOW = """
import sys, time
import harness.{module} as module
from harness import cli

def slow(*args, **kwargs):
    print("reached", flush=True)
    for _ in range(600):
        time.sleep(0.1)

module.{name} = slow
cli.main()
"""

# The command line with a backend whose second batch is slow: five documents are done before it.
BATCHES = """
import sys, time
from harness import cli
from harness.backends.fake import FakeBackend

respond = FakeBackend.respond

def batches(self, requests):
    for index, answer in respond(self, requests):
        if index == 20:
            print("reached", flush=True)
            for _ in range({tenths}):
                time.sleep(0.1)
        self.batch_done = index % 20 == 19
        yield index, answer

FakeBackend.respond = batches
FakeBackend.batch_done = False
cli.main()
"""


def started(script: str, spec: Path) -> "subprocess.Popen[str]":
    """Run a script as the command line, and return when it says that it is where it should be."""
    command = [sys.executable, "-c", script, "run", str(spec)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
    assert process.stdout.readline() == "reached\n"
    return process  # type: ignore[no-any-return]


def recorded(spec: Path) -> int:
    out = subprocess.run(
        [sys.executable, "-m", "harness", "run", str(spec), "--dry-run"],
        capture_output=True,
        text=True,
        check=True,
    )
    return sum(int(line.split()[-2]) for line in out.stdout.splitlines() if "quiz" in line)


@pytest.mark.parametrize(("number", "code"), CODES)
@pytest.mark.parametrize(
    ("module", "name"),
    [("evaluate", "prepare"), ("run", "find_work"), ("run", "write_scores")],
)
def test_without_a_batch_in_flight_a_signal_stops_at_once(
    write_spec: Write, module: str, name: str, number: int, code: int
) -> None:
    process = started(SLOW.format(module=module, name=name), write_spec())
    begin = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, "", f"{WORDS}\n")
    assert time.monotonic() - begin < 20


def test_the_batch_in_flight_is_finished_first(write_spec: Write) -> None:
    spec = write_spec()
    process = started(BATCHES.format(tenths=8), spec)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    wait = "aligntax: stopping after this batch; the same signal again stops at once"
    assert err.splitlines() == [wait, WORDS]
    assert recorded(spec) == 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_stops_at_once_and_keeps_what_is_in_the_journal(
    write_spec: Write, number: int
) -> None:
    spec = write_spec()
    process = started(BATCHES.format(tenths=600), spec)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    assert "stopping after this batch" in process.stderr.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (128 + number, f"{WORDS}\n")
    assert recorded(spec) == 5


def test_a_process_that_ignores_interrupts_goes_on_ignoring_them(write_spec: Write) -> None:
    script = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    process = started(script + BATCHES.format(tenths=5), write_spec())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "96 documents asked" in err


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number, _ in CODES]
    with listening():
        assert [signal.getsignal(number) for number, _ in CODES] != before
    assert [signal.getsignal(number) for number, _ in CODES] == before


def test_outside_the_main_thread_no_handler_is_set() -> None:
    before, stops = signal.getsignal(signal.SIGTERM), []

    def listen() -> None:
        with listening() as stop:
            stops.append((stop.signal, signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert stops == [(None, before)]


def test_a_signal_inside_a_block_that_finishes_comes_up_at_its_end() -> None:
    done = []
    with pytest.raises(Interrupted) as caught, listening() as stop:  # noqa: PT012
        with stop.finishing():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the rest of the block")
        done.append("what follows")
    assert (done, caught.value.signal) == (["the rest of the block"], signal.SIGTERM)


def test_a_request_is_seen_at_the_next_check() -> None:
    stop = Stop()
    stop.check()
    stop.request()
    with pytest.raises(Interrupted):
        stop.check()
    with pytest.raises(Interrupted), stop.finishing():
        raise AssertionError("the block isn't begun")
