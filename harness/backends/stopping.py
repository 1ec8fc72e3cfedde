"""What ends a generated text, and what of it counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Answer", "Ending", "Reader", "end_tokens"]

_UNFINISHED = "\ufffd"  # what decoders make of a character whose last bytes aren't there yet


@dataclass(frozen=True, slots=True)
class Answer:
    """One generated text without EOS and stop string."""

    text: str
    finish: Literal["stop", "length"]
    tokens: int
    """Generated before EOS; those of a stop string count."""


class Ending:
    """What ends texts that are asked for alike: EOS tokens and stop strings.

    A stop string that is a special token (``<|im_end|>``) ends the text as EOS does: as text it
    would never be seen, decoding drops it.
    """

    def __init__(self, tokenizer: Any, eos: Iterable[int], stop: Sequence[str]) -> None:
        special = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
        self.eos = sorted({*eos, *(special[text] for text in stop if text in special)})
        self.strings = [text for text in stop if text and text not in special]
        self.overlap = max(map(len, self.strings), default=1) - 1
        """Characters that a stop string may have in the text before a new token."""
        self._tokenizer = tokenizer

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text as it is: no special tokens, blanks before punctuation kept."""
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def stops(self, text: str) -> bool:
        """Tell whether a stop string is in a text."""
        return any(stop in text for stop in self.strings)

    def answer(self, tokens: Sequence[int], *, ended: bool) -> Answer:
        """Return what counts of generated tokens; ``ended`` unless they are as many as asked for.

        They are without EOS, but may hold a stop string with more behind it.
        """
        text = self.decode(tokens)
        found = [where for stop in self.strings if (where := text.find(stop)) >= 0]
        kept = text[: min(found)] if found else text
        return Answer(kept, "stop" if ended or found else "length", len(tokens))


class Reader:
    """Reads one text token by token, and tells when a stop string is complete.

    Only the newest tokens are decoded: together with the few before them, for many decoders drop a
    leading blank, and again for as long as they end within a character.
    """

    def __init__(self, ending: Ending) -> None:
        self.tokens: list[int] = []
        self._ending = ending
        self._begin = self._end = 0  # tokens whose text is known, and needed to read on
        self._known = 0  # the length of their text
        self._tail = ""  # how the text ends that was read

    def completes(self, token: int) -> bool:
        """Take one more token; tell whether a stop string is now in the text."""
        self.tokens.append(token)
        ending = self._ending
        if not ending.strings:
            return False
        text = ending.decode(self.tokens[self._begin :])
        new = text[self._known :]
        if ending.stops(self._tail + new):
            return True
        if new and not new.endswith(_UNFINISHED):
            self._tail = (self._tail + new)[-ending.overlap :] if ending.overlap else ""
            self._begin, self._end = self._end, len(self.tokens)
            self._known = len(ending.decode(self.tokens[self._begin :]))
        return False


def end_tokens(model: Any, tokenizer: Any) -> set[int]:
    """Return every token that model or tokenizer calls the end of a text."""
    found: set[int] = set()
    for source in (model.generation_config, model.config, tokenizer):
        value = getattr(source, "eos_token_id", None)
        found |= {value} if isinstance(value, int) else set(value or ())
    return found
