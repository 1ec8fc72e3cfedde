import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import Row
from harness.errors import DataError, TaskError
from harness.kinds.diversity import _fields, diversity
from harness.metrics.outcomes import Samples
from harness.records import Failure, Generation
from harness.task import Prompt

PLAIN = Prompt(formulation="gen", format="plain")
ROWS = [{"prompt": "Tell a story."}, {"prompt": "Invent a name."}]


def asked(task, prompt=PLAIN):
    return [request for d in task.documents(None) for request in task.requests(d, prompt)]


def scored(task, *texts, finish="stop"):
    response = Generation(texts=texts, finish=(finish,) * len(texts), tokens=(1,) * len(texts))
    return task.score(task.documents(None)[0], [response], "gen")


def test_each_prompt_is_asked_once_for_k_samples(card, jsonl):
    task = diversity(card(), jsonl(ROWS), k=3, max_tokens=20, temperature=0.7)
    first, second = asked(task)
    assert first.context == "Tell a story.\nAnswer:"
    assert (first.n, first.max_tokens, first.temperature) == (3, 20, 0.7)
    assert first.stop == second.stop == ("\n\n",)
    assert task.generation == {"n": 3, "max_tokens": 20, "temperature": 0.7}


def test_a_chat_asks_the_prompt_alone(card, jsonl, template):
    prompt = Prompt(formulation="gen", format="chat", template=template)
    request = asked(diversity(card(), jsonl(ROWS)), prompt)[0]
    assert (request.context, request.stop) == ("[user]Tell a story.\n[assistant]", ())


def test_the_seed_is_the_documents_own_and_no_other_documents(card, jsonl):
    first, second = asked(diversity(card(), jsonl(ROWS)))
    assert first.seed is not None
    assert first.seed != second.seed
    assert [r.seed for r in asked(diversity(card(), jsonl(ROWS[::-1])))] == [
        second.seed,
        first.seed,
    ]


def test_the_outcome_holds_all_samples(card, jsonl):
    score = scored(diversity(card(), jsonl(ROWS)), " One.", "", "Two. ", "One.", finish="length")
    assert score.outcome == Samples(texts=("One.", "", "Two.", "One."))
    assert (score.status, score.reason) == ("ok", None)


@pytest.mark.parametrize(
    ("language", "texts", "status"),
    [
        ("en", (" ", ""), "empty"),
        ("en", ("今天", "明天"), "wrong_language"),
        ("en", ("今天", "tomorrow"), "ok"),
        ("zh", ("today", ""), "wrong_language"),
        ("zh", ("今天", "CT"), "ok"),
    ],
)
def test_silence_and_another_language_are_named(card, jsonl, language, texts, status):
    score = scored(diversity(card(language), jsonl(ROWS)), *texts)
    assert (score.status, score.reason) == (status, None if status == "ok" else status)
    assert score.outcome is not None


def test_a_failure_is_an_error(card, jsonl):
    task = diversity(card(), jsonl(ROWS))
    score = task.score(task.documents(None)[0], [Failure("out of memory")], "gen")
    assert (score.status, score.outcome, score.reason) == ("error", None, "out of memory")


@pytest.mark.parametrize(
    ("language", "option", "stated"),
    [("en", None, "V:30000"), ("zh", None, "V:8105"), ("zh", 500, "V:500")],
)
def test_the_vocabulary_is_stated(card, jsonl, language, option, stated):
    task = diversity(card(language), jsonl(ROWS), vocabulary=option)
    assert stated in task.metrics[0].info.signature.split("|")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 1}, "`k` must be at least 2, not 1"),
        ({"k": "4"}, "`k` must be at least 2, not '4'"),
        ({"max_tokens": 0}, "`max_tokens` must be at least 1"),
        ({"vocabulary": 0}, "`vocabulary` must be at least 1"),
        ({"temperature": 0}, "`temperature` must be above 0, not 0"),
        ({"temperature": float("inf")}, "`temperature` must be above 0, not inf"),
        ({"temperature": True}, "`temperature` must be above 0, not True"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(card, jsonl, options, message):
    with pytest.raises(TaskError, match=f"quiz: {message}"):
        diversity(card(), jsonl(ROWS), **options)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=1000, deadline=None)
@given(st.fixed_dictionaries({}, optional={"prompt": JUNK, "text": JUNK}))
def test_a_malformed_row_is_a_data_error_of_one_line_and_nothing_else(row):
    refused = ""
    try:
        fields = _fields(Row(row, "rows.jsonl", 7))
    except DataError as error:
        refused = str(error)
    if refused:
        assert refused.startswith("rows.jsonl:7: field 'prompt' ")
        assert len(refused.splitlines()) == 1
    else:
        assert fields["prompt"].strip()
