from collections import Counter

import pytest

from harness.detectors.quality import RECORDED, labelled, measure, note

DETECTORS = sorted(RECORDED)


@pytest.mark.parametrize(("detector", "language"), DETECTORS)
def test_the_recorded_quality_is_what_the_detector_does_today(detector, language):
    assert measure(detector, language) == RECORDED[detector, language]


@pytest.mark.parametrize(("detector", "language"), DETECTORS)
def test_the_word_lists_read_the_answers_they_were_made_on(detector, language):
    qualities = measure(detector, language, "tune").values()
    assert all(q.precision > 0.85 and q.recall > 0.85 for q in qualities)


@pytest.mark.parametrize(("detector", "language"), DETECTORS)
def test_labelled_answers_are_many_different_and_of_every_class(detector, language):
    rows = labelled(detector, language)
    assert len({row["text"] for row in rows}) == len({row["id"] for row in rows}) == len(rows)
    assert len(rows) >= 120
    classes = Counter((row["split"], row["label"]) for row in rows)
    assert {split for split, _ in classes} == {"tune", "report"}
    assert min(classes.values()) >= 10


def test_a_signature_says_who_judged_and_how_well():
    quality = RECORDED["refusal", "en"]["refusal"]
    assert note("refusal", "en", "refusal") == (
        f"detector:refusal-v1|labelled:{quality.n}|of:refusal"
        f"|precision:{quality.precision:.2f}|recall:{quality.recall:.2f}"
    )
