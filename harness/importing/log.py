"""What an import has to say: what it couldn't map, and what it took with a reservation."""

from dataclasses import dataclass, field

from harness.privacy.identifiers import mask
from harness.secrets import masked

__all__ = ["Log", "Unmapped"]

_MOST = 10_000
_LONGEST = 300  # characters of a reason


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Something in a file that has no place in a store."""

    file: str
    key: str
    why: str


@dataclass(slots=True)
class Log:
    """Grows while files are read."""

    private: bool = False
    """Whether identifiers are masked in all that is said."""
    unmapped: list[Unmapped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was taken, and what has to be known of it."""

    def leave(self, file: str, key: str, why: str) -> None:
        """Say that something couldn't be mapped, each thing once; the first 10,000 are kept."""
        one = Unmapped(self._short(file), self._short(key), self._short(why))
        if len(self.unmapped) < _MOST and one not in self.unmapped[-100:]:
            self.unmapped.append(one)

    def note(self, line: str) -> None:
        """Say something of what was taken, once."""
        said = self._short(line)
        if said not in self.notes:
            self.notes.append(said)

    def _short(self, text: str) -> str:
        line = masked(" ".join(text.split()))
        line = mask(line) if self.private else line
        return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
