import numpy as np
import pytest
from metric_scripts import LENGTHS, MATCHES, write_metric

from harness.errors import TaskError
from harness.metrics.foreign import absolute_scripts, foreign_metric, is_foreign_name
from harness.metrics.outcomes import Label, Text

TEXTS = [
    Text(prediction="a cat", references=["a cat"]),
    Text(prediction="a dog", references=["a cat"]),
    Text(prediction="", references=["nothing at all"]),
    Text(prediction="好", references=["好的"]),
]


def load(name, reads="text"):
    return foreign_metric(name, reads, allow_code=True)


def test_a_script_scores_each_sample_where_it_is_a_mean(tmp_path):
    metric = load(write_metric(tmp_path, "matches", MATCHES))
    assert metric.rows(TEXTS) == [(1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)]
    assert (metric.info.name, metric.info.aggregate) == ("evaluate/matches", "mean")


def test_a_script_over_the_corpus_keeps_its_value_and_gets_a_spread(tmp_path):
    metric = load(write_metric(tmp_path, "lengths", LENGTHS))
    rows = np.array(metric.rows(TEXTS))
    assert rows[:, 0].mean() == pytest.approx(11 / (5 + 5 + 14 + 2))
    assert np.ptp(rows[:, 0]) > 0


def test_a_list_gives_each_sample_its_own_value(tmp_path):
    body = "return {'f1': [float(p == r) for p, r in zip(predictions, references)], 'hash': 'x'}"
    metric = load(write_metric(tmp_path, "listed", body))
    assert metric.rows(TEXTS[:2]) == [(1.0, 1.0), (0.0, 1.0)]


def test_a_value_that_is_not_finite_counts_nothing(tmp_path):
    metric = load(write_metric(tmp_path, "nothing", "return {'x': float('nan')}"))
    assert metric.rows(TEXTS[:2]) == [(0.0, 0.0), (0.0, 0.0)]


def test_labels_are_asked_as_numbers(tmp_path):
    metric = load(write_metric(tmp_path, "same", MATCHES, value="int64"), "label")
    labels = [
        Label(gold=2, predicted=2, size=3),
        Label(gold=0, predicted=1, size=3),
        Label(gold=0, predicted=None, size=3),
    ]
    assert metric.rows(labels) == [(1.0, 1.0), (0.0, 1.0), (0.0, 1.0)]


def test_several_references_go_to_metrics_that_read_lists(tmp_path):
    body = "return {'any': sum(p in r for p, r in zip(predictions, references)) / len(predictions)}"
    metric = load(write_metric(tmp_path, "several", body, several=True))
    outcomes = [Text(prediction="b", references=["a", "b"]), Text(prediction="c", references=["a"])]
    assert metric.rows(outcomes) == [(1.0, 1.0), (0.0, 1.0)]


def test_several_references_are_too_many_for_others(tmp_path):
    metric = load(write_metric(tmp_path, "single", MATCHES))
    with pytest.raises(TaskError, match=r"evaluate:.*single: it can't be computed: Predictions"):
        metric.rows([Text(prediction="b", references=["a", "b"])])


def test_the_value_and_its_direction_stand_in_brackets(tmp_path):
    name = write_metric(tmp_path, "two", "return {'up': 1.0, 'down': 2}")
    metric = load(f"{name}[-down]")
    assert metric.rows(TEXTS[:2]) == [(2.0, 1.0), (2.0, 1.0)]
    assert (metric.info.name, metric.info.higher_is_better) == ("evaluate/two[down]", False)
    with pytest.raises(TaskError, match="name the value you want in brackets: up, down"):
        load(name)
    with pytest.raises(TaskError, match="in brackets: up, down"):
        load(f"{name}[left]")


def test_the_signature_follows_the_code_not_the_place(tmp_path):
    one, same, other = (
        load(write_metric(tmp_path / str(i), "matches", body)).info.signature
        for i, body in enumerate([MATCHES, MATCHES, MATCHES + "  # changed"])
    )
    assert one == same != other
    assert str(tmp_path) not in one


def test_a_script_runs_only_if_code_is_allowed(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(TaskError, match="--allow-code"):
        foreign_metric(f"evaluate:{tmp_path / 'bad'}", "text")
    assert not (tmp_path / "ran").exists()


def test_a_folder_of_the_name_is_not_taken_for_the_hubs_metric(tmp_path, monkeypatch):
    write_metric(tmp_path, "accuracy", MATCHES)
    monkeypatch.chdir(tmp_path)
    for name in ("evaluate/accuracy", "evaluate/someone/accuracy"):
        with pytest.raises(TaskError, match="--allow-code"):
            foreign_metric(name, "text")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyError('x')", "it can't be computed: 'x'"),
        ("return 3", "must return a dict of numbers, not int"),
        ("return {'words': 'many'}", "returned no number, only words"),
        ("return {'ok': True}", "returned no number, only ok"),
    ],
)
def test_a_script_that_fails_is_one_line(tmp_path, body, message):
    name = write_metric(tmp_path, "broken", body)
    with pytest.raises(TaskError, match=message) as caught:
        load(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["import nothing_of_the_kind", "x = (", "x = 1"])
def test_a_script_that_cannot_be_loaded_is_one_line(tmp_path, text):
    script = tmp_path / "broken2" / "broken2.py"
    script.parent.mkdir()
    script.write_text(text)
    with pytest.raises(TaskError, match="broken2: it can't be loaded") as caught:
        load(f"evaluate:{script.parent}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("evaluate/", "must be like"),
        ("evaluate/a b", "must be like"),
        ("evaluate/../x/y", "must be like"),
        ("evaluate/rouge[", "must be like"),
        ("evaluate:", "must be like"),
        ("evaluate:/no/such/folder", "there is no script or folder"),
        ("evaluate/no_such_metric_anywhere", "can't be loaded"),
    ],
)
def test_a_name_that_leads_nowhere_says_so(name, message):
    with pytest.raises(TaskError, match=message):
        load(name)


def test_scripts_are_relative_to_the_specs_folder(tmp_path):
    names = ["bleu", "evaluate/rouge", "evaluate:./mine[x]", "evaluate:/there/mine"]
    found = absolute_scripts({"metrics": names, "stop": ["x"]}, tmp_path)
    assert found == {
        "metrics": [
            "bleu",
            "evaluate/rouge",
            f"evaluate:{tmp_path / 'mine[x]'}",
            "evaluate:/there/mine",
        ],
        "stop": ["x"],
    }
    for untouched in ({}, {"metrics": "bleu"}, {"metrics": [3]}):
        assert absolute_scripts(untouched, tmp_path) == untouched


def test_only_names_of_evaluate_are_foreign():
    assert is_foreign_name("evaluate/rouge")
    assert is_foreign_name("evaluate:./x")
    assert not is_foreign_name("evaluate")
    assert not is_foreign_name(3)
