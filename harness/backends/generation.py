"""Generation: greedy or seeded, cut at stop strings and EOS, many texts side by side.

A checkpoint's generation_config (temperature, repetition penalty ...) doesn't count, only its EOS
tokens do: all checkpoints of a run are decoded alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transformers import GenerationConfig

from harness.backends.decoding import SlotDecoder
from harness.backends.plain_generation import PlainDecoder
from harness.backends.slot_probe import fit
from harness.backends.stopping import Answer, Ending, end_tokens
from harness.backends.texts import Ended, Wanted
from harness.records import Failure, Generate, Generation, digest, pack

__all__ = ["Generator"]


class Generator:
    """Continues prompts under one model."""

    def __init__(self, model: Any, tokenizer: Any, batch_size: int) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._eos = end_tokens(model, tokenizer)
        self.first_token_seconds: list[float] = []
        """How long each batch took until its first new tokens had logits; emptied by the owner."""
        self.notes: list[str] = []
        """What a user should know of how texts are generated; emptied by the owner."""
        self.halved: int | None = None
        """The smallest batch left after halving for lack of memory; emptied by the owner."""
        self.batch_done = True
        """Whether the answer that was just yielded was the last that ended with its batch."""
        self._plain = PlainDecoder(model, batch_size, self.first_token_seconds)
        self._slots: SlotDecoder | None = None
        self._longest = 0.0  # tokens of a text that can be kept in a slot
        self._probed = False
        self._said: set[str] = set()
        model.generation_config = GenerationConfig()

    def generate(
        self, requests: Mapping[int, Generate], prompts: Mapping[int, Sequence[int]]
    ) -> Iterator[tuple[int, Generation | Failure]]:
        """Yield answers by the requests' keys as they are complete.

        ``tokens`` counts what was generated before EOS, with the tokens of a stop string. A request
        whose logits aren't finite gets a Failure.
        """
        open_: dict[int, list[Answer | Failure | None]] = {
            key: [None] * _drawn(request) for key, request in requests.items()
        }
        for ended in self._run(self._wanted(requests, prompts)):
            full = []
            for wanted, outcome in ended:
                parts = open_[wanted.key]
                parts[wanted.copy] = outcome
                if all(part is not None for part in parts):
                    full.append(wanted.key)
            for key in full:
                self.batch_done = key == full[-1]
                yield key, _generation(open_.pop(key), requests[key].n)

    def _run(self, wanted: Sequence[Wanted]) -> Iterator[list[Ended]]:
        """Yield what ended together, as it ends."""
        if wanted and not self._probed:
            self._probe()
        short = [each for each in wanted if each.length <= self._longest]
        long = [each for each in wanted if each.length > self._longest]
        if short and long:
            self._note(f"generation: texts over {self._longest:.0f} tokens in plain batches")
        parts: list[tuple[SlotDecoder | PlainDecoder, list[Wanted]]] = [(self._plain, long)]
        if self._slots is not None:
            parts.insert(0, (self._slots, short))
        for decoder, part in parts:
            for ended in decoder.run(part):
                if decoder.halved is not None:
                    self.halved = min(decoder.halved, self.halved or decoder.halved)
                    decoder.halved = None
                yield ended

    def _note(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.notes.append(text)

    def _probe(self) -> None:
        self._probed = True
        found = fit(self._model, Ending(self._tokenizer, (), ()))
        if isinstance(found, str):
            self._note(f"generation: in plain batches, {found}")
            return
        self._longest = found.longest
        self._slots = SlotDecoder(
            self._model, found.layers, found.bytes_per_token, self.first_token_seconds
        )

    def _wanted(
        self, requests: Mapping[int, Generate], prompts: Mapping[int, Sequence[int]]
    ) -> list[Wanted]:
        endings: dict[tuple[str, ...], Ending] = {}
        for request in requests.values():
            if request.stop not in endings:
                endings[request.stop] = Ending(self._tokenizer, self._eos, request.stop)
        return [
            Wanted(
                key=key,
                copy=copy,
                prompt=tuple(prompts[key]),
                max_tokens=request.max_tokens,
                ending=endings[request.stop],
                temperature=request.temperature,
                seed=_seed(request, copy) if request.temperature > 0 else 0,
            )
            for key, request in requests.items()
            for copy in range(_drawn(request))
        ]


def _drawn(request: Generate) -> int:
    """Return how many texts have to be made: a greedy one is handed out n times."""
    return request.n if request.temperature > 0 else 1


def _seed(request: Generate, copy: int) -> int:
    """Return the seed of one of a request's texts; one without a seed gets it from what it asks."""
    seed = pack(request) if request.seed is None else request.seed
    return int(digest([seed, copy])[:15], 16)


def _generation(parts: Sequence[Answer | Failure | None], n: int) -> Generation | Failure:
    """Make n texts of as many samples, or of one greedy answer."""
    answers = []
    for part in parts:
        if isinstance(part, Failure):
            return part
        if part is not None:
            answers.append(part)
    full = [answers[k % len(answers)] for k in range(n)]
    return Generation(
        texts=tuple(answer.text for answer in full),
        finish=tuple(answer.finish for answer in full),
        tokens=tuple(answer.tokens for answer in full),
    )
