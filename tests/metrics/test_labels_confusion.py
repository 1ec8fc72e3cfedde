"""The confusion matrix as it is stored, and Matthews' correlation of it."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix as sklearns_matrix

from harness.evidence import Scores
from harness.metrics.confusion import confusion_matrix, mcc
from harness.metrics.labels import label_metrics
from harness.metrics.outcomes import Label
from harness.records import SampleRecord
from harness.render.numbers import difference_text, estimate_text
from harness.stats.intervals import estimate
from harness.stats.paired import paired_difference
from harness.store.layers import layer_path, read_layer, write_layer

LABELS = ("内科", "外科", "a>b")
GOLD = [0, 0, 0, 1, 1, 2, 2, 2, 0, 1]
PREDICTED = [0, 0, 1, 1, None, 2, 0, None, 0, 1]
"""None: no label could be read."""


def metric():
    [found] = [m for m in label_metrics(LABELS, "text") if m.info.name == "mcc"]
    return found


def rows(predicted):
    pairs = zip(GOLD, predicted, strict=True)
    return np.array(
        [metric().statistics(Label(gold=g, predicted=p, size=len(LABELS))) for g, p in pairs]
    )


def test_a_stored_layer_holds_the_confusion_matrix(tmp_path):
    records = [
        SampleRecord(
            cell="c", document=f"d{i}", status="ok", fields={"i": i}, requests=(), responses=()
        )
        for i in range(len(GOLD))
    ]
    write_layer(tmp_path, metric().info, [(r, "ok") for r in records], rows(PREDICTED))
    layer = read_layer(layer_path(tmp_path, metric().info))
    matrix = confusion_matrix(layer.rows.sum(axis=0), LABELS)
    missed = [len(LABELS) if p is None else p for p in PREDICTED]
    assert matrix.tolist() == sklearns_matrix(GOLD, missed)[: len(LABELS)].tolist()
    named = dict(zip(layer.info.columns, layer.rows.sum(axis=0), strict=True))
    assert named["内科>外科"] == matrix[0, 1] == 1
    assert named["a>b>"] == matrix[2, 3] == 1


def test_several_sums_make_several_matrices():
    sums = np.stack([rows(PREDICTED).sum(axis=0), rows(GOLD).sum(axis=0)])
    matrices = confusion_matrix(sums, LABELS)
    assert matrices.shape == (2, 3, 4)
    assert matrices[1].tolist() == [[4, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0]]


def test_other_labels_or_columns_than_the_sums_are_refused():
    with pytest.raises(ValueError, match=r"12 columns aren't 6: 2 labels"):
        confusion_matrix(np.zeros(12), LABELS[:2])
    with pytest.raises(ValueError, match=r"5 columns aren't C \* \(C \+ 1\)"):
        mcc(np.zeros((1, 5)))


def test_two_classes_are_the_phi_coefficient():
    tp, fn, fp, tn = 6.0, 2.0, 1.0, 3.0  # (6*3 - 1*2) / sqrt(7*8*4*5), Matthews 1975
    [value] = mcc(np.array([[tn, fp, 0.0, fn, tp, 0.0]]))
    assert value == pytest.approx(16 / np.sqrt(1120))


def test_perfect_predictions_correlate_fully_and_constant_ones_not_at_all():
    assert mcc(rows(GOLD).sum(axis=0, keepdims=True)).tolist() == [1.0]
    for constant in (0, None):
        assert mcc(rows([constant] * len(GOLD)).sum(axis=0, keepdims=True)).tolist() == [0.0]


def test_its_interval_is_bootstrapped_and_shown_as_a_plain_number():
    info = metric().info
    swapped = [{0: 1, 1: 0}.get(g) for g in GOLD]
    found = estimate(
        Scores(info=info, rows=rows(swapped)), [None] * len(GOLD), np.random.default_rng(7)
    )
    assert found is not None
    assert found.method == "percentile bootstrap"
    assert found.low < found.value < found.high
    text = estimate_text(found, info.unit)
    assert text.startswith("\u2212")
    assert text.endswith("]")


def test_its_change_is_paired_over_the_same_resamples():
    info = metric().info
    before, after = (Scores(info=info, rows=np.tile(rows(p), (6, 1))) for p in (PREDICTED, GOLD))
    found = paired_difference(before, after, [None] * (6 * len(GOLD)), np.random.default_rng(7))
    assert found is not None
    assert found.estimate.low > 0
    assert found.p < 0.01
    assert difference_text(found, info.unit).startswith("+")
    assert difference_text(found, info.unit).endswith("]")
