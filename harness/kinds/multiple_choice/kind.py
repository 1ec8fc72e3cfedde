"""Multiple choice: which of several answers is the right one?

Asked by the text of each choice (``cf``), by its letter (``mcf``), or by letting the model write
(``gen``). English, plain, ``mcf``::

    Question: Which gas do plants take up?
    A. oxygen
    B. carbon dioxide
    Answer:

and the continuations " A" and " B". ``cf`` has no lines for the choices, and " oxygen" and
" carbon dioxide" as continuations. ``gen`` has the lines and reads the letter from up to 32 tokens
(:mod:`~harness.kinds.multiple_choice.letters`). As a chat, the same question is the user's turn,
and the continuation has no blank before it.

A generated answer that can't be read has a status that says why, which is also its reason:
``empty``, ``refusal``, ``truncated`` (cut off before an answer came) or ``no_answer``, also where
several choices are named. A readable answer is ``ok`` however it ends.
"""

from functools import partial

from harness.data import Data
from harness.errors import TaskError
from harness.kinds.documents import scored_and_examples
from harness.kinds.multiple_choice.questions import MAX_TOKENS, STOP, Way, choice_requests
from harness.kinds.multiple_choice.rows import Answers, choice_fields
from harness.kinds.multiple_choice.scores import choice_score
from harness.kinds.wording import wording
from harness.metrics.accuracy import choice_metrics
from harness.metrics.answer_sets import extracted_metrics, several_metrics
from harness.metrics.calibration import calibration_metrics
from harness.metrics.metric import Metric
from harness.metrics.rotations import rotation_metrics
from harness.records import Document
from harness.task import Card, Task


def multiple_choice(
    card: Card,
    data: Data,
    *,
    stem: bool = False,
    single_answer_only: bool = False,
    several: bool = False,
    pmi: bool = False,
    permutations: int = 1,
    shots: int = 0,
) -> Task:
    """Return a task over rows ``{question, choices, answer}`` (and ``context``, ``subject``).

    ``choices`` is a list of 2 to 26 texts, ``answer`` a letter ("B"), an index (1 is the second
    choice) or the text of a choice. A capital letter within range is always read as a letter, as
    published sets mean it, even if it is also the text of a choice; such sets need indices.
    ``context`` is put on lines before the question.

    ``stem`` asks the question as it is, for statements that the answer completes; ``cf`` only.
    Rows with several right answers ("ABE", [0, 4]) are a DataError, unless ``single_answer_only``
    leaves them out or ``several`` asks for all right answers of every row; then there is no
    ``cf``, and ``mcf`` compares all sets of letters
    (see :mod:`~harness.kinds.multiple_choice.letter_sets`).
    ``pmi`` asks ``cf`` also for each choice after the answer cue alone, and ``permutations`` asks
    ``mcf`` in so many rotations of the choices (at most as many as there are; a choice like "none
    of the above" stays true only at the end, so such sets aren't for it).

    Raises TaskError for options that exclude each other.
    """
    way = Way(card.name, wording(card.language), stem, several, pmi, permutations)
    _check(way, single_answer_only)
    answers: Answers = "several" if several else "one"
    if single_answer_only:
        answers = "leave_out_several"
    documents, examples = scored_and_examples(data, partial(choice_fields, answers=answers))
    generation = {"max_tokens": MAX_TOKENS, "stop": list(STOP), "temperature": 0.0}
    return Task(
        card=card.over(data),
        kind="multiple_choice",
        documents=documents,
        examples=examples,
        requests=partial(choice_requests, way),
        score=partial(choice_score, way),
        metrics=_metrics(way),
        formulations=way.formulations,
        shots=shots,
        generation={} if stem else generation,
    )


def _check(way: Way, single_answer_only: bool) -> None:
    flags = (way.stem, way.several, way.pmi, single_answer_only)
    for name, value in zip(("stem", "several", "pmi", "single_answer_only"), flags, strict=True):
        if not isinstance(value, bool):
            raise TaskError(f"{way.task}: `{name}` must be true or false, not {value!r}")
    if isinstance(way.permutations, bool) or not isinstance(way.permutations, int):
        raise TaskError(f"{way.task}: `permutations` must be a number, not {way.permutations!r}")
    if way.permutations < 1:
        raise TaskError(f"{way.task}: `permutations` must be at least 1, not {way.permutations}")
    rotated = way.permutations > 1
    excluded = (
        (way.several and single_answer_only, "`several` and `single_answer_only`", ""),
        (way.several and way.stem, "`several` and `stem`", ": a stem has no letters"),
        (way.several and way.pmi, "`several` and `pmi`", ": `pmi` compares texts"),
        (way.several and rotated, "`several` and `permutations`", ""),
        (way.stem and rotated, "`stem` and `permutations`", ": a stem has no letters"),
        (way.stem and way.pmi, "`stem` and `pmi`", ": a stem has no cue to stand alone"),
    )
    for both, which, why in excluded:
        if both:
            raise TaskError(f"{way.task}: {which} exclude each other{why}; leave one out")


def _metrics(way: Way) -> tuple[Metric, ...]:
    if way.several:
        return several_metrics(_chance_of_set, _chance_of_letters)
    metrics = choice_metrics(_chance, pmi=way.pmi)
    if way.stem:
        return metrics
    rotated = rotation_metrics(_chance, way.permutations) if way.permutations > 1 else ()
    return (*metrics, *rotated, *calibration_metrics(_chance), *extracted_metrics(_chance))


def _chance(document: Document) -> float:
    return 1 / len(document.fields["choices"])


def _chance_of_set(document: Document) -> float:
    return float(1 / (2 ** len(document.fields["choices"]) - 1))


def _chance_of_letters(document: Document) -> float:
    """F1 of a set drawn from all non-empty ones, by its expected counts."""
    count, gold = len(document.fields["choices"]), len(document.fields["answer"])
    share = 2 ** (count - 1) / (2**count - 1)
    return float(2 * share * gold / (share * count + gold))
