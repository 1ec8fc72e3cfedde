"""Answers of instruction or dialogue data, scored after their questions and without them.

What a tuned model was trained on, if the loss was on completions only: its own test split tells
how well it learnt, and against the training split how well that generalises. Only the words of the
answer are scored, not the token that ends a turn. Bytes and words are those of the answers; in
plain English the blank before an answer is scored with its first token.

Instructions, plain::

    Convert 45 kilometers to meters.
    Answer: 45 kilometers are 45000 meters.

As a chat, instruction and input (joined by a line break) are the user's turn. Messages are asked as
a conversation (:mod:`harness.kinds.conversation`); each of the assistant's turns is scored after
all that was said before it.
"""

from collections.abc import Iterator, Mapping, Sequence

from harness.data import Row
from harness.kinds.conversation import Turn, conversation_context, text_in, turns_in
from harness.kinds.wording import wording
from harness.records import JSON, Document, LogLikelihood, Request
from harness.task import Prompt


def answer_fields(row: Row) -> Mapping[str, JSON]:
    """Return ``question`` and ``answer``, or ``messages``.

    Rows: ``{instruction, input, output}`` (the input may be empty or missing), ``{input, output}``,
    or ``{messages}`` with turns ``{role, content}``. Raises DataError for others.
    """
    if "messages" in row.fields:
        turns = turns_in(row, "field 'messages'", row.get("messages"), last="assistant")
        for turn in turns:
            with_bytes(row, "field 'messages'", turn["content"])
        return {"messages": turns}
    names = [name for name in ("instruction", "input") if row.fields.get(name) not in (None, "")]
    asked = [text_in(row, f"field {name!r}", row.get(name)) for name in names or ["instruction"]]
    answer = with_bytes(row, "field 'output'", row.text("output").strip())
    return {"question": "\n".join(asked), "answer": answer}


def with_bytes(row: Row, name: str, text: str) -> str:
    """Return a text that has a size in UTF-8; DataError if it hasn't."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"{name} holds half a surrogate pair at character {error.start}"
        raise row.error(f"{what}; it has no size in bytes") from None
    return text


def answers_in(document: Document) -> list[str]:
    """Return the texts that are scored."""
    fields = document.fields
    if "answer" in fields:
        return [fields["answer"]]
    return [answer["content"] for _, answer in _split(fields["messages"])]


def answer_requests(language: str, document: Document, prompt: Prompt) -> Sequence[Request]:
    """Return one request for each answer."""
    fields, words = document.fields, wording(language)
    if "answer" in fields:
        cue = f"\n{words.answer}" if prompt.format == "plain" else ""
        context = prompt.context(f"{fields['question']}{cue}", ())
        return [LogLikelihood(context, prompt.continuation(fields["answer"], words.delimiter))]
    return [
        LogLikelihood(
            conversation_context(before, prompt, language),
            prompt.continuation(answer["content"], words.delimiter),
        )
        for before, answer in _split(fields["messages"])
    ]


def _split(turns: Sequence[Turn]) -> Iterator[tuple[Sequence[Turn], Turn]]:
    """Yield (all before, turn) for each of the assistant's turns."""
    for n, turn in enumerate(turns):
        if turn["role"] == "assistant":
            yield turns[:n], turn
