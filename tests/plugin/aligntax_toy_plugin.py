"""A task, a metric and a backend from outside.

Source: written for the tests. Licence: Apache-2.0. Example: ``{"source": "Say one.", "target":
"one"}``
"""

from harness.data import Row
from harness.kinds.generation import generation
from harness.metrics.metric import Metric, MetricInfo
from harness.records import Generate, Generation, Likelihood
from harness.task import Card


class _Numbers:
    def rows(self, folder):
        words = ("one", "two", "three")
        return [
            Row({"source": f"Say {word}.", "target": word}, "toy", n)
            for n, word in enumerate(words, start=1)
        ]

    def shot_rows(self, folder):
        return None


def reply_length(language):
    """The mean length of the replies in characters."""
    info = MetricInfo(
        name="reply_length",
        signature=f"reply_length|language:{language}|version:1",
        columns=("characters", "replies"),
        aggregate="mean",
        unit="",
        ceiling=None,
    )
    return Metric(info=info, statistics=lambda text: (float(len(text.prediction)), 1.0))


TASK = generation(
    Card(
        name="toy_numbers",
        capability="general",
        language="en",
        licence="Apache-2.0",
        source="written for the tests",
    ),
    _Numbers(),
    metrics=("rougeL",),
)

needs_weights = False


class _Parrot:
    """Says "seven!!" to everything."""

    def respond(self, requests):
        for index, request in enumerate(requests):
            if isinstance(request, Generate):
                yield index, Generation(texts=("seven!!",), finish=("stop",), tokens=(2,))
            else:
                yield index, Likelihood(logprob=-1.0, tokens=1)

    def close(self):
        pass


def numerics(spec):
    """Nothing of a spec changes what it says."""
    return {}


def open_backend(spec, checkpoint, inspection):
    """There is only one."""
    return _Parrot()
