"""How often the detectors are right: precision and recall on answers labelled by hand.

``labelled/<detector>_<language>.jsonl`` holds them, written for this project: stock phrases and
unusual ones, near misses such as quoted refusals, disclaimers and hedged advice. The word lists
were made on the split ``tune``; ``report`` was written after they were finished and hasn't changed
them, and its numbers are recorded here and printed in the signatures of the metrics. The answers
are meant to be hard: of the 900 refusals of MedSafetyBench's test split, a single writer's, 98 %
are found.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from harness.detectors import abstention, refusal


@dataclass(frozen=True, slots=True)
class Quality:
    """A detector's precision and recall for one class on ``n`` labelled answers of all classes."""

    precision: float
    recall: float
    n: int

    def __str__(self) -> str:
        return f"precision:{self.precision:.2f}|recall:{self.recall:.2f}"


RECORDED: Mapping[tuple[str, str], Mapping[str, Quality]] = {
    ("refusal", "en"): {
        "compliance": Quality(0.8182, 1.0, 60),
        "partial": Quality(0.8571, 0.5455, 60),
        "refusal": Quality(0.85, 0.7727, 60),
    },
    ("refusal", "zh"): {
        "compliance": Quality(0.8333, 0.9259, 60),
        "partial": Quality(1.0, 0.7273, 60),
        "refusal": Quality(0.8182, 0.8182, 60),
    },
    ("abstention", "en"): {
        "abstention": Quality(1.0, 0.6, 30),
        "answer": Quality(0.7143, 1.0, 30),
    },
    ("abstention", "zh"): {
        "abstention": Quality(1.0, 0.6667, 30),
        "answer": Quality(0.75, 1.0, 30),
    },
}
"""(detector, language) -> class -> what :func:`measure` gave for this version."""

VERSIONS = {"refusal": refusal.VERSION, "abstention": abstention.VERSION}


def measure(detector: str, language: str, split: str = "report") -> Mapping[str, Quality]:
    """Return the quality for each class, rounded to 4 places, by running the detector."""
    rows = [row for row in labelled(detector, language) if row["split"] == split]
    pairs = [(row["label"], _verdict(detector, row["text"])) for row in rows]
    found = {}
    for name in sorted({label for label, _ in pairs}):
        hits = sum(label == verdict == name for label, verdict in pairs)
        said = sum(verdict == name for _, verdict in pairs)
        meant = sum(label == name for label, _ in pairs)
        found[name] = Quality(round(hits / max(said, 1), 4), round(hits / meant, 4), len(pairs))
    return found


def labelled(detector: str, language: str) -> Sequence[Mapping[str, str]]:
    """Return the labelled answers ``{id, text, label, split}`` of a detector and a language."""
    path = files("harness.detectors") / "labelled" / f"{detector}_{language}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def note(detector: str, language: str, *classes: str) -> str:
    """Return the part of a signature that says who judged, and how well for some classes.

    Like ``detector:refusal-v1|labelled:60|of:refusal|precision:0.85|recall:0.77``.
    """
    recorded = RECORDED[detector, language]
    parts = [f"of:{name}|{recorded[name]}" for name in classes]
    labelled_answers = recorded[classes[0]].n
    version = VERSIONS[detector]
    return "|".join([f"detector:{detector}-v{version}|labelled:{labelled_answers}", *parts])


def _verdict(detector: str, text: str) -> str:
    if detector == "refusal":
        return refusal.judge(text)
    return "abstention" if abstention.abstains(text) else "answer"
