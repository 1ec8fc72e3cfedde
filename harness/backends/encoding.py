"""From texts to tokens: the seam between context and continuation, BOS, and windows.

The seam is lm-eval's (``TemplateLM._encode_pair`` of 0.4.13): blanks at the context's end move to
the continuation, the whole is encoded, and what follows the context's length is scored. BOS is
ours to add, by the run's policy, so that no tokenizer setting of one checkpoint changes a number.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["Encoder", "Span", "Tokenizer", "UnencodableError", "rolling_windows"]

Bos = Literal["auto", "always", "never"]


class UnencodableError(ValueError):
    """A text that this tokenizer or window can't take; the message is the failure's reason."""


class Tokenizer(Protocol):
    """The little that is asked of a transformers tokenizer."""

    bos_token: str | None
    bos_token_id: int | None
    eos_token_id: int | None

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return the token ids of a text."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens of which those from ``start`` (at least 1) on are scored, given all before them."""

    tokens: tuple[int, ...]
    start: int

    @property
    def fed(self) -> tuple[int, ...]:
        """What the model reads; the last token is only predicted."""
        return self.tokens[:-1]

    @property
    def scored(self) -> tuple[int, ...]:
        """What is predicted."""
        return self.tokens[self.start :]


class Encoder:
    """A tokenizer under a run's BOS policy and maximal length (tokens that the model reads).

    ``embeddings`` is how many tokens the model knows, ``cut`` counts what was too long.
    """

    def __init__(
        self, tokenizer: Tokenizer, bos: Bos, max_length: int, embeddings: int = sys.maxsize
    ) -> None:
        self._tokenizer = tokenizer
        self._max_length = max_length
        self._embeddings = embeddings
        self._contexts: dict[str, list[int]] = {}
        self.cut = 0
        self._adds_bos = bos == "always" or (bos == "auto" and _adds_bos(tokenizer))
        if self._adds_bos and tokenizer.bos_token_id is None:
            raise UnencodableError("bos is 'always', but the tokenizer has no BOS token")

    def pair(self, context: str, continuation: str) -> Span:
        """Return the continuation's tokens after the context's; too long a context loses its start.

        An empty context is BOS, or EOS where there is none. Raises UnencodableError if nothing is
        left to score or the continuation alone is longer than the model may read.
        """
        blanks = len(context) - len(context.rstrip())
        if blanks:
            context, continuation = context[:-blanks], context[-blanks:] + continuation
        if context:
            before = self._context(context)
            whole = self.text(context + continuation)
            after = whole[len(before) :]
        else:
            before, after = [self._prefix()], self._plain(continuation)
            if after[:1] == before:
                after = after[1:]
        if not after:
            raise UnencodableError("the continuation has no tokens of its own")
        if len(after) > self._max_length:
            raise UnencodableError(
                f"the continuation has {len(after)} tokens, more than max_length {self._max_length}"
            )
        tokens = self._fitted(before + after, self._max_length + 1)
        return Span(tuple(tokens), len(tokens) - len(after))

    def rolling(self, text: str, overlap: int = 0) -> list[Span]:
        """Return the windows of a text; every token is scored once, a leading BOS never.

        The first token is conditioned on BOS, or EOS where there is none. lm-eval counts
        P(BOS | BOS) for tokenizers that add a BOS; here that isn't part of the text. Raises
        UnencodableError for a text without tokens, and for an ``overlap`` that fills a window.
        """
        if not 0 <= overlap < self._max_length:
            raise UnencodableError(
                f"overlap {overlap} leaves no token to score in max_length {self._max_length}"
            )
        tokens, prefix = self._plain(text), self._prefix()
        if tokens[:1] == [prefix]:
            tokens = tokens[1:]
        if not tokens:
            raise UnencodableError("the text has no tokens")
        return list(rolling_windows(tokens, prefix, self._max_length, overlap))

    def prompt(self, text: str, room: int) -> list[int]:
        """Return a prompt's tokens, its start cut off if needed to leave ``room`` for the answer.

        Raises UnencodableError if the answer alone fills ``max_length``, or no token is asked for.
        """
        if room < 1:
            raise UnencodableError(f"max_tokens is {room}, nothing is asked for")
        if room >= self._max_length:
            raise UnencodableError(
                f"max_tokens {room} leaves no room for a prompt in max_length {self._max_length}"
            )
        return self._fitted(self.text(text) or [self._prefix()], self._max_length - room)

    def _fitted(self, tokens: list[int], room: int) -> list[int]:
        """Return the last tokens that there is room for; count what had to be cut."""
        self.cut += len(tokens) > room
        return tokens[-room:]

    def text(self, text: str) -> list[int]:
        """Return a text's tokens with BOS as the policy says; one that is there stays alone."""
        tokens = self._plain(text)
        bos = self._tokenizer.bos_token_id
        if self._adds_bos and bos is not None and tokens[:1] != [bos]:
            return [bos, *tokens]
        return tokens

    def _context(self, context: str) -> list[int]:
        if context not in self._contexts:  # the choices of one question come one after another
            self._contexts = {context: self.text(context)}
        return self._contexts[context]

    def _plain(self, text: str) -> list[int]:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UnencodableError("the text holds half a surrogate pair, not UTF-8") from error
        tokens = list(self._tokenizer.encode(text, add_special_tokens=False))
        if max(tokens, default=0) >= self._embeddings:
            raise UnencodableError("the text holds a special token that the model doesn't know")
        return tokens

    def _prefix(self) -> int:
        bos, eos = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        prefix = eos if bos is None else bos
        if prefix is None:
            raise UnencodableError("an empty context needs BOS or EOS; the tokenizer has neither")
        return prefix


def _adds_bos(tokenizer: Tokenizer) -> bool:
    bos = tokenizer.bos_token_id
    return bos is not None and tokenizer.encode("a", add_special_tokens=True)[:1] == [bos]


def rolling_windows(
    tokens: Sequence[int], prefix: int, size: int, overlap: int = 0
) -> Iterator[Span]:
    """Yield windows that predict every token once, each reading at most ``size`` tokens.

    As lm-eval's ``get_rolling_token_windows(context_len=overlap + 1)`` made disjoint: full windows
    follow each other, each but the first giving up ``overlap`` (below ``size``) of its predictions
    to read that many more tokens before the others, and the last one, shorter, reads back as far
    as it may.
    """
    padded = [prefix, *tokens]
    done = 0
    while done < len(tokens):
        count = min(size - overlap if done else size, len(tokens) - done)
        end = done + count
        begin = max(0, end - size) if done else 0
        yield Span(tuple(padded[begin : end + 1]), done - begin + 1)
        done = end
