"""``aligntax board`` serves on this machine alone, and hands over what it was told."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def test_it_serves_on_this_machine_and_a_signal_stops_it(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "harness", "board", "--store", str(tmp_path), "--port"]
    with subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}/_stcore/health"
            for _ in range(600):
                assert server.poll() is None
                try:
                    with urllib.request.urlopen(address) as answer:
                        assert answer.read() == b"ok"
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                pytest.fail("no answer within a minute")
            listening = Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]
            own = [
                line.split()[1] for line in listening if line.split()[1].endswith(f":{port:04X}")
            ]
            assert {place.split(":")[0] for place in own} == {"0100007F"}  # 127.0.0.1
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("safe", [True, False])
def test_share_safe_reaches_the_pages(
    safe: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda _, __, environment: started.append(environment))
    monkeypatch.delenv("ALIGNTAX_SHARE_SAFE", raising=False)
    arguments = ["board", "--store", str(tmp_path), *(["--share-safe"] if safe else [])]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (environment,) = started
    assert environment["ALIGNTAX_STORE"] == str(tmp_path)
    assert environment.get("ALIGNTAX_SHARE_SAFE") == ("1" if safe else None)
