"""Results are made once, whoever asks, and errors and stops aren't kept."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from leaderboard.source.remembered import remembered


def test_what_was_asked_for_last_is_kept() -> None:
    made: list[int] = []

    @remembered(2)
    def double(number: int) -> int:
        made.append(number)
        return 2 * number

    assert [double(n) for n in (1, 2, 1, 3, 1, 2)] == [2, 4, 2, 6, 2, 4]
    assert made == [1, 2, 3, 2]


def test_twenty_that_ask_at_once_wait_for_one() -> None:
    made: list[str] = []

    @remembered(4)
    def slow(name: str) -> str:
        made.append(name)
        time.sleep(0.2)
        return name.upper()

    with ThreadPoolExecutor(20) as people:
        assert set(people.map(slow, ["a"] * 20)) == {"A"}
    assert made == ["a"]


def test_one_that_is_slow_doesnt_hold_up_the_others() -> None:
    go_on = Event()

    @remembered(4)
    def made(name: str) -> str:
        if name == "slow":
            assert go_on.wait(30)
        return name

    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(made, "slow")
        assert made("quick") == "quick"
        go_on.set()
        assert waiting.result() == "slow"


def test_an_error_is_raised_for_everybody_and_not_kept() -> None:
    wrong = [True]

    @remembered(4)
    def made(name: str) -> str:
        if wrong.pop():
            raise ValueError(name)
        return name

    wrong.append(True)
    with pytest.raises(ValueError, match="a"):
        made("a")
    wrong[:] = [False]
    assert made("a") == "a"


class _Stopped(BaseException):
    pass


def test_after_a_stop_whoever_waits_makes_it() -> None:
    began, stop = Event(), Event()
    first = [True]

    @remembered(4)
    def made(name: str) -> str:
        if first:
            first.clear()
            began.set()
            assert stop.wait(30)
            raise _Stopped
        return name

    with ThreadPoolExecutor(2) as people:
        one = people.submit(made, "a")
        assert began.wait(30)
        two = people.submit(made, "a")
        stop.set()
        assert two.result() == "a"
        with pytest.raises(_Stopped):
            one.result()
