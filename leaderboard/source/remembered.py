"""What is made once and kept while it is asked for, whoever asks, and however many at once.

Streamlit's own caches hash every name in the arguments in a way of their own, which for a thousand
checkpoints takes longer than all the rest; these take the arguments as they are.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from functools import partial, wraps
from threading import Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def remembered(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the ``most`` results that were asked for last; arguments are given by position.

    Of several that ask for the same thing one makes it, and the others wait. If it is stopped (a
    page that is left) another one makes it; an error is raised for all that wait, and not kept.
    """

    def of(make: Callable[P, R]) -> Callable[P, R]:
        known: OrderedDict[Hashable, Future[R]] = OrderedDict()
        lock = Lock()

        @wraps(make)
        def ask(*args: P.args, **_: P.kwargs) -> R:
            while True:
                with lock:
                    found, is_new = known.get(args), args not in known
                    if found is None:
                        found = known[args] = Future()
                        while len(known) > most:
                            known.popitem(last=False)
                    known.move_to_end(args)
                if is_new:
                    _fill(found, partial(make, *args), partial(known.pop, args, None))
                try:
                    return found.result()
                except CancelledError:
                    continue

        return ask

    return of


def _fill(future: "Future[R]", make: Callable[[], R], forget: Callable[[], object]) -> None:
    """Put a result into a future, or what went wrong; then nothing is known of it any more."""
    try:
        future.set_result(make())
    except Exception as error:  # noqa: BLE001 - whoever waits has to hear it, too
        forget()
        future.set_exception(error)
    except BaseException:
        forget()
        future.cancel()
        raise
