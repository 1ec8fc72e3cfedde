"""Chat templates: from messages to the text that a chat model was tuned on.

Templates come from strangers' checkpoints, so they run in Jinja's sandbox and see plain strings
only. The environment offers what transformers offers, with one difference: ``strftime_now`` tells
a fixed date. Templates that print today's date (Llama 3.1, SmolLM3) would otherwise ask every
document anew each day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from harness.errors import CheckpointError
from harness.records import digest

__all__ = ["PINNED_DATE", "ChatTemplate"]

PINNED_DATE = datetime(2024, 7, 26)  # what Llama 3.1's template says when it can't know the date


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """A checkpoint's template with the special tokens that it may name."""

    source: str
    """Jinja."""
    bos_token: str = ""
    eos_token: str = ""
    pad_token: str = ""
    unk_token: str = ""

    @cached_property
    def hash(self) -> str:
        """Sha256 (hex) of all that decides the rendered text."""
        return digest([self.source, self._tokens, PINNED_DATE.isoformat()])

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return the text up to and including the generation prompt.

        Raises CheckpointError if the template isn't Jinja or refuses the messages (many know no
        system role or want user and assistant to alternate).
        """
        from jinja2 import TemplateError

        plain = [{str(key): str(value) for key, value in message.items()} for message in messages]
        try:
            template = _compile(self.source)
            asked = {"messages": plain, "tools": None, "documents": None}
            return str(template.render(asked, add_generation_prompt=True, **self._tokens))
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TemplateError,
            TypeError,
            ValueError,
        ) as error:
            roles = ", ".join(message.get("role", "?") for message in plain)
            said = " ".join(str(error).split()) or type(error).__name__
            raise CheckpointError(
                f"chat template: it refuses the messages ({roles}): {said};"
                " set chat_template to another checkpoint's, or formats to [plain]"
            ) from error

    @property
    def _tokens(self) -> dict[str, str]:
        return {
            "bos_token": self.bos_token,
            "eos_token": self.eos_token,
            "pad_token": self.pad_token,
            "unk_token": self.unk_token,
        }


@lru_cache(maxsize=16)
def _compile(source: str) -> Any:
    import json

    import jinja2
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """``{% generation %}`` marks the assistant's words for training; here it only passes."""

        tags = {"generation"}  # noqa: RUF012 - Jinja's own way to declare it

        def parse(self, parser: jinja2.parser.Parser) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    def tojson(value: Any, **options: Any) -> str:
        return json.dumps(value, **{"ensure_ascii": False, **options})

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = PINNED_DATE.strftime
    return environment.from_string(source)
