"""How long the board takes on a store of 10 million samples, alone and with twenty people.

    python tests/benches/board_store.py FOLDER
    aligntax store index --store FOLDER
    python tests/benches/board_speed.py FOLDER > reports/benchmarks/board_speed.md

A server is started as ``aligntax board`` starts it. People are websocket clients: they ask for a
page as a browser does, take everything that comes back, and look at it for a while. What a browser
then needs to draw it is measured once, in headless Chromium, where there is one.
"""

import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from harness.store import Store
from harness.store.index_board import Indexed, read_board_index

PEOPLE, VISITS, THINKING = 20, 15, (2.0, 8.0)  # seconds between two visits of one person
_AGAIN = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN
COLD, WARM, BUSY, MEMORY = 3.0, 0.7, 3.0, 1.5  # what is promised: seconds, and GiB


@dataclass(frozen=True)
class Visit:
    """One page under an address."""

    what: str
    page: str
    query: str = ""


@dataclass(frozen=True)
class Seen:
    """What came back."""

    seconds: float
    """Until the server had sent everything."""
    bytes: int
    error: str = ""


def visits(indexed: Indexed, number: int = 0) -> list[Visit]:
    """Return what people do, each a page with some filter; in the family of a number."""
    checkpoints = indexed.checkpoints.select(["family", "checkpoint"]).to_pylist()
    families = list(dict.fromkeys(row["family"] for row in checkpoints))
    family = families[number % len(families)]
    own = [row["checkpoint"] for row in checkpoints if row["family"] == family]
    base, tuned, aligned, other = own[0], own[1], own[-1], own[-2]
    row = indexed.entries["row"][0].as_py()

    def at(**query: str) -> str:
        return urlencode(query, quote_via=quote)

    pair = ",".join([tuned, aligned])
    return [
        Visit("overview", ""),
        Visit("overview of a family", "", at(family=family)),
        Visit("leaderboard, all families", "leaderboard"),
        Visit("leaderboard, second sheet", "leaderboard", at(sheet="2")),
        Visit("leaderboard of a family", "leaderboard", at(family=family)),
        Visit("leaderboard, aligned only", "leaderboard", at(stage="aligned")),
        Visit("leaderboard, by capability", "leaderboard", at(capability="alignment")),
        Visit("leaderboard, name filter", "leaderboard", at(name="dpo-1")),
        Visit("leaderboard, sorted", "leaderboard", at(sort=row)),
        Visit("leaderboard, pinned", "leaderboard", at(reference=f"{family}:{base}")),
        Visit("stages", "stages", at(family=family, checkpoint=aligned)),
        Visit("compare two", "compare", at(family=family, checkpoints=pair, reference=tuned)),
        Visit("samples", "samples", at(family=family, checkpoint=aligned, row=row)),
        Visit("samples, another", "samples", at(family=family, checkpoint=other, row=row)),
        Visit("gates", "gates"),
        Visit("runs", "runs", at(family=family)),
    ]


@contextmanager
def server(store: Path) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    """Start a board; yield its port, its process and the seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "harness", "board", "--store", str(store), "--port", str(port)]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                    break
            except OSError:
                if process.poll() is not None or time.monotonic() > start + 600:
                    raise RuntimeError("the board didn't start") from None
                time.sleep(0.05)
        yield port, process, time.monotonic() - start
    finally:
        process.terminate()
        process.wait()


def opened(port: int) -> ClientConnection:
    """Connect as a browser does."""
    origin, url = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/_stcore/stream"
    return connect(url, subprotocols=["streamlit"], origin=origin, max_size=None)  # type: ignore[arg-type]


def ask(person: ClientConnection, visit: Visit, patience: float = 120.0) -> Seen:
    """Ask for a page and take everything that comes back."""
    message = BackMsg()
    message.rerun_script.query_string = visit.query
    message.rerun_script.page_name = visit.page
    start, size, error = time.monotonic(), 0, ""
    person.send(message.SerializeToString())
    while True:
        try:
            data = person.recv(timeout=patience)
        except TimeoutError:
            return Seen(time.monotonic() - start, size, "no answer")
        forward = ForwardMsg()
        forward.ParseFromString(data)
        size += len(data)
        kind = forward.WhichOneof("type")
        if kind == "delta" and forward.delta.new_element.WhichOneof("type") == "exception":
            error = forward.delta.new_element.exception.message or "exception"
        if kind == "script_finished" and forward.script_finished != _AGAIN:
            return Seen(time.monotonic() - start, size, error)


def alone(port: int, todo: Sequence[Visit]) -> list[tuple[Visit, float, list[Seen]]]:
    """Let one person make each visit: the first time, then five times more."""
    found = []
    for visit in todo:
        with opened(port) as person:
            first = ask(person, visit)
            found.append((visit, first.seconds, [ask(person, visit) for _ in range(5)]))
    return found


def together(port: int, todos: Sequence[Sequence[Visit]]) -> list[Seen]:
    """Let twenty people make visits at once, each from a list, with time to look."""

    def life(number: int) -> list[Seen]:
        rng = random.Random(number)
        seen = []
        with opened(port) as person:
            for _ in range(VISITS):
                time.sleep(rng.uniform(*THINKING))
                seen.append(ask(person, rng.choice(todos[number])))
        return seen

    with ThreadPoolExecutor(PEOPLE) as people:
        return [one for life_of in people.map(life, range(PEOPLE)) for one in life_of]


def drawn(port: int, page: str, word: str) -> float | None:
    """Return the seconds until a browser shows a page's words; None where there is no Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        return None
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options, Service(driver))
    try:
        start = time.monotonic()
        browser.get(f"http://127.0.0.1:{port}/{page}")
        while word not in browser.find_element("tag name", "body").text:
            if time.monotonic() > start + 120:
                raise RuntimeError(f"{page or 'overview'} doesn't show {word!r}")
            time.sleep(0.02)
        return time.monotonic() - start
    finally:
        browser.quit()


def memory(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Return the GiB that a server holds now, and held at most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(sizes["VmRSS"]) / 2**20, int(sizes["VmHWM"]) / 2**20


def table(seen: Sequence[tuple[Visit, float, list[Seen]]]) -> Iterator[str]:
    """Yield the rows of the table of visits."""
    yield "| visit | first, s | warm, median s | warm, worst s | sent, KB | holds |"
    yield "|---|---:|---:|---:|---:|---|"
    for visit, first, again in seen:
        seconds = [one.seconds for one in again]
        error = next((one.error for one in again if one.error), "")
        holds = f"error: {error}" if error else yes(max(seconds) <= WARM)
        yield (
            f"| {visit.what} | {first:.2f} | {statistics.median(seconds):.2f} | "
            f"{max(seconds):.2f} | {again[-1].bytes / 1000:,.0f} | {holds} |"
        )


def yes(holds: bool) -> str:
    """Return ``yes`` or ``no``."""
    return "yes" if holds else "no"


def report(folder: Path) -> Iterator[str]:
    """Yield the lines of the report, measured on the way."""
    store = Store(folder)
    indexed = read_board_index(store)
    if indexed is None or not indexed.rest:
        raise SystemExit(f"{folder}: no index; run `aligntax store index --store {folder}` first")
    todo = visits(indexed)
    yield "# Speed of the board\n"
    yield (
        f"{len(indexed.checkpoints):,} checkpoints, {len(indexed.entries):,} cells, "
        f"{sum(indexed.entries['answered'].to_pylist()):,} samples; {os.cpu_count()} processors, "
        f"load {os.getloadavg()[0]:.1f} when it began. Made by `tests/benches/board_speed.py` on a "
        "store of `tests/benches/board_store.py`, its index built.\n"
    )
    with server(folder) as (port, process, start):
        with opened(port) as person:
            cold = ask(person, todo[0])
        size = memory(process)
        yield "## Cold start\n"
        yield "| what | seconds | promised |\n|---|---:|---|"
        yield f"| process start until the server answers | {start:.2f} | |"
        yield f"| first page after that, all sent | {cold.seconds:.2f} | {COLD} |"
        shown = drawn(port, "", "Checkpoints")
        if shown is not None:
            yield f"| a second browser, opened and drawn | {shown:.2f} | |"
        yield f"\nMemory after the first page: {size[0]:.2f} GiB.\n\n## One person, page by page\n"
        yield from table(alone(port, todo))
        yield f"\n## {PEOPLE} people at once\n"
        yield (
            f"Each makes {VISITS} visits, chosen at random from those above, and looks at a page "
            f"for {THINKING[0]:g} to {THINKING[1]:g} s.\n"
        )
        yield "| where | visits | errors | median, s | 95th percentile, s | worst, s | holds |"
        yield "|---|---:|---:|---:|---:|---:|---|"
        yield crowd("all on the pages above", together(port, [todo] * PEOPLE))
        own = [visits(indexed, number) for number in range(PEOPLE)]
        yield crowd("each in a family of their own, as yet unseen", together(port, own))
        yield crowd("the same again", together(port, own))
        yield f"\nMemory at most: {memory(process)[1]:.2f} GiB (promised: {MEMORY})."


def crowd(where: str, seen: Sequence[Seen]) -> str:
    """Return the row of what twenty people saw."""
    seconds = sorted(one.seconds for one in seen)
    late = seconds[int(0.95 * len(seconds))]
    errors = {one.error for one in seen if one.error}
    holds = f"errors: {'; '.join(sorted(errors))}" if errors else yes(late <= BUSY)
    return (
        f"| {where} | {len(seen)} | {sum(bool(one.error) for one in seen)} | "
        f"{statistics.median(seconds):.2f} | {late:.2f} | {seconds[-1]:.2f} | {holds} |"
    )


if __name__ == "__main__":
    for line in report(Path(sys.argv[1])):
        print(line, flush=True)
