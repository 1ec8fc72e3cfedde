"""Reasons below a table, and the small numbers that point at them."""

from dataclasses import dataclass, field

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(slots=True)
class Footnotes:
    """Reasons, each numbered once, in order of first mention."""

    texts: list[str] = field(default_factory=list)

    def mark(self, text: str) -> str:
        """Return the number of a reason as superscript."""
        if text not in self.texts:
            self.texts.append(text)
        return str(self.texts.index(text) + 1).translate(_SUPERSCRIPT)

    def lines(self) -> list[str]:
        """Return the reasons after their numbers."""
        return [f"{self.mark(text)} {text}" for text in self.texts]
