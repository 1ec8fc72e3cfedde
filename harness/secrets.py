"""Secrets, by name and by shape: masked before anything is stored, hashed or printed.

A setting that is named like a secret is masked whatever it holds (:func:`harness.records.is_secret`
knows the names). In texts, what has the shape of one is masked: the tokens of hubs, clouds and
model services, JSON web tokens, ``Bearer`` and its kin, names and passwords in URLs, private keys,
``api_key=…``, and letters and digits so mixed that nobody wrote them. Hexadecimal is left alone:
our own hashes look so.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

from harness.records import JSON, is_secret

__all__ = ["MASK", "masked", "without_secrets"]

MASK = "…"

_SHAPES = re.compile(
    r"""
      -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)
    | (?<![\w-])(?:
        hf_[A-Za-z0-9]{16,}                             # Hugging Face
      | api_org_[A-Za-z0-9]{16,}
      | sk-(?=[\w-]{0,99}\w{16})[\w-]+                  # OpenAI, Anthropic and their like
      | sk-(?=[\w-]{0,99}\d)(?=[\w-]{0,99}[A-Z])[\w-]{20,}
      | gh[oprsu]_[A-Za-z0-9]{20,} | github_pat_\w{20,}
      | glpat-[\w-]{16,}
      | (?:AKIA|ASIA)[A-Z0-9]{12,}                      # AWS
      | AIza[\w-]{30,} | ya29\.[\w-]{20,}               # Google
      | xox[abeoprs]-[\w-]{10,}
      | npm_[A-Za-z0-9]{20,} | pypi-[\w-]{20,} | dckr_pat_[\w-]{20,}
      | eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?            # JSON web token
      )
    """,
    re.VERBOSE | re.DOTALL,
)
_URL_USER = re.compile(r"(?<=://)[^\s/?#@]+@")
_SCHEME = re.compile(r"(?i)\b(bearer|basic|apikey)(\s+)[\w.~+/-]{8,}=*")
_NAMED = re.compile(
    r"""(?<!\w)([A-Za-z][\w-]{0,60})(["']?\s*[=:]\s*["']?)((?:(?i:token)\s+)?[^\s"'&,;]{4,})"""
)
_OPTION = re.compile(r"(?<!\w)--([A-Za-z][\w-]{0,60})(\s+)([^\s-]\S{3,})")
_WORD = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/=])")
_MIXED = 0.4  # share of neighbours of different kinds: 0.62 in random base 62, 0.2 in CamelCase


def without_secrets(value: JSON) -> JSON:
    """Return a JSON value with its secrets masked, at any depth; the rest as it is."""
    if isinstance(value, Mapping):
        return {
            key: MASK if is_secret(str(key)) and inner else without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(without_secrets(inner) for inner in value)
    return masked(value) if isinstance(value, str) else value


def masked(text: str) -> str:
    """Return a text with what looks like a secret masked."""
    text = _SHAPES.sub(MASK, text)
    text = _URL_USER.sub(f"{MASK}@", text)
    text = _SCHEME.sub(_with_digit, text)
    text = _OPTION.sub(_named, _NAMED.sub(_named, text))
    return _WORD.sub(_unless_written, text)


def _with_digit(found: re.Match[str]) -> str:
    """Mask what follows ``Bearer``; ``basic programming`` is English."""
    whole = found.group()
    return f"{found[1]}{found[2]}{MASK}" if any(map(str.isdigit, whole)) else whole


def _named(found: re.Match[str]) -> str:
    """Mask ``api_key=…`` and ``--api-key …``."""
    name, _, value = found.groups()
    if value == MASK or not is_secret(name.replace("-", "_")):
        return found.group()
    return found.group().removesuffix(value) + MASK


def _unless_written(found: re.Match[str]) -> str:
    """Mask a long word of capitals, small letters and digits in no order."""
    word = found.group().rstrip("=")
    kinds = ["A" if c.isupper() else "a" if c.islower() else "0" for c in word]
    changes = sum(a != b for a, b in pairwise(kinds))
    random = len(set(kinds)) == 3 and changes >= _MIXED * (len(kinds) - 1)
    return MASK if random else found.group()
