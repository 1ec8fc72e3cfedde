"""How a multiple-choice question is put: prompts, and the answers that are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from harness.errors import TaskError
from harness.kinds.multiple_choice.letter_sets import LARGEST, letter_sets
from harness.kinds.wording import Wording
from harness.records import Document, Formulation, Generate, LogLikelihood, Request
from harness.task import Prompt

MAX_TOKENS = 32
STOP = ("\n\n",)
"""What ends a generated answer in plain format: the blank line before the next question."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a task asks, whatever the prompt."""

    task: str
    words: Wording
    stem: bool
    several: bool
    pmi: bool
    permutations: int

    @property
    def formulations(self) -> tuple[Formulation, ...]:
        """The ones it has; the first is the default."""
        if self.stem:
            return ("cf",)
        return ("mcf", "gen") if self.several else ("cf", "mcf", "gen")


def choice_requests(way: Way, document: Document, prompt: Prompt) -> Sequence[Request]:
    """Return what is asked: in rotations one after another, after a neutral context last.

    Raises TaskError for a document with too many choices to compare all sets of them.
    """
    choices, delimiter = document.fields["choices"], way.words.delimiter
    shots = [
        (_question(way, example, example.fields["choices"], prompt), _right(way, example, prompt))
        for example in prompt.examples
    ]
    lettered = prompt.formulation == "mcf"
    contexts = [
        prompt.context(
            _question(way, document, (*choices[r:], *choices[:r]), prompt), shots, delimiter
        )
        for r in range(min(way.permutations, len(choices)) if lettered else 1)
    ]
    if prompt.formulation == "gen":
        stop = STOP if prompt.format == "plain" else ()
        return [Generate(context=contexts[0], stop=stop, max_tokens=MAX_TOKENS)]
    if way.pmi and not lettered:
        contexts.append(prompt.context(way.words.answer, (), delimiter))
    answers = [prompt.continuation(answer, delimiter) for answer in _answers(way, document, prompt)]
    return [LogLikelihood(context, answer) for context in contexts for answer in answers]


def _question(way: Way, document: Document, choices: Sequence[str], prompt: Prompt) -> str:
    fields = document.fields
    question = fields["question"]
    if not way.stem:
        pairs = zip(ascii_uppercase, choices, strict=False)
        lines = [f"{letter}. {choice}" for letter, choice in pairs]
        if way.several:
            lines.append(way.words.several)
        question = way.words.ask(question, () if prompt.formulation == "cf" else lines)
    return f"{fields['context']}\n{question}" if "context" in fields else question


def _answers(way: Way, document: Document, prompt: Prompt) -> Sequence[str]:
    """Return the answers that are compared, without what joins them to the context."""
    choices: Sequence[str] = document.fields["choices"]
    if prompt.formulation == "cf":
        return choices
    if not way.several:
        return ascii_uppercase[: len(choices)]
    if len(choices) > LARGEST:
        raise TaskError(
            f"{way.task}: {document.id!r} has {len(choices)} choices, and `mcf` compares all sets "
            f"of at most {LARGEST}; ask the variant `gen`"
        )
    return [_letters(way, indices) for indices in letter_sets(len(choices))]


def _right(way: Way, example: Document, prompt: Prompt) -> str:
    answer = example.fields["answer"]
    if prompt.formulation == "cf":
        return str(example.fields["choices"][answer])
    return _letters(way, answer if way.several else [answer])


def _letters(way: Way, indices: Sequence[int]) -> str:
    return way.words.comma.join(ascii_uppercase[index] for index in indices)
