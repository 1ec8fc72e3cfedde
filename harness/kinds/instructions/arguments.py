"""The instructions of IFEval and what each is told: checked before lm-eval's checkers see a row.

The checkers (Zhou et al. 2023, arXiv 2311.07911; ``lm_eval.tasks.ifeval``) draw an argument that
is missing at random, so that a row without it would be scored against a rule nobody stated.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from harness.data import Row
from harness.lineage import nearest
from harness.records import JSON

Kind: TypeAlias = Literal["count", "text", "texts", "letter", "relation"]

_RELATIONS = ("less than", "at least")

INSTRUCTIONS: Mapping[str, Mapping[str, Kind]] = {
    "change_case:capital_word_frequency": {
        "capital_frequency": "count",
        "capital_relation": "relation",
    },
    "change_case:english_capital": {},
    "change_case:english_lowercase": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "text"},
    "combination:two_responses": {},
    "detectable_content:number_placeholders": {"num_placeholders": "count"},
    "detectable_content:postscript": {"postscript_marker": "text"},
    "detectable_format:constrained_response": {},
    "detectable_format:json_format": {},
    "detectable_format:multiple_sections": {"num_sections": "count", "section_spliter": "text"},
    "detectable_format:number_bullet_lists": {"num_bullets": "count"},
    "detectable_format:number_highlighted_sections": {"num_highlights": "count"},
    "detectable_format:title": {},
    "keywords:existence": {"keywords": "texts"},
    "keywords:forbidden_words": {"forbidden_words": "texts"},
    "keywords:frequency": {"frequency": "count", "keyword": "text", "relation": "relation"},
    "keywords:letter_frequency": {
        "let_frequency": "count",
        "let_relation": "relation",
        "letter": "letter",
    },
    "language:response_language": {"language": "text"},
    "length_constraints:nth_paragraph_first_word": {
        "first_word": "text",
        "nth_paragraph": "count",
        "num_paragraphs": "count",
    },
    "length_constraints:number_paragraphs": {"num_paragraphs": "count"},
    "length_constraints:number_sentences": {"num_sentences": "count", "relation": "relation"},
    "length_constraints:number_words": {"num_words": "count", "relation": "relation"},
    "punctuation:no_comma": {},
    "startend:end_checker": {"end_phrase": "text"},
    "startend:quotation": {},
}
"""Name and arguments of each; lm-eval's spelling."""

NEED_NLTK_DATA = frozenset(
    {"change_case:capital_word_frequency", "length_constraints:number_sentences"}
)
"""The ones whose checkers split sentences with nltk's ``punkt_tab``, which must be downloaded."""

_WANTED: Mapping[Kind, str] = {
    "count": "a whole number from 1 on",
    "text": "a text that isn't empty",
    "texts": "a list of texts, none of them empty",
    "letter": "one letter",
    "relation": " or ".join(f"'{relation}'" for relation in _RELATIONS),
}
assert {*_WANTED} == {*get_args(Kind)}


def read_instructions(row: Row) -> list[dict[str, JSON]]:
    """Return a row's instructions as ``{id, arguments}``; DataError for one that can't be checked.

    The row has ``instruction_id_list`` and, parallel to it, ``kwargs``, as IFEval's does; an
    argument that is null counts as absent, as in the hub's copy.
    """
    names, arguments = row.get("instruction_id_list"), row.get("kwargs")
    if not isinstance(names, list) or not names:
        raise row.error("field 'instruction_id_list' must be a list of at least 1 instruction")
    if not isinstance(arguments, list) or len(arguments) != len(names):
        raise row.error("field 'kwargs' must be a list as long as 'instruction_id_list'")
    return [
        {"id": name, "arguments": _arguments(row, name, given)}
        for name, given in zip(names, arguments, strict=True)
    ]


def _arguments(row: Row, name: JSON, given: JSON) -> dict[str, JSON]:
    if not isinstance(name, str) or name not in INSTRUCTIONS:
        hint = nearest(name, [*INSTRUCTIONS]) if isinstance(name, str) else ""
        raise row.error(f"field 'instruction_id_list': no instruction is named {name!r}{hint}")
    if not isinstance(given, dict | None):
        raise row.error(f"field 'kwargs': the arguments of {name} must be an object")
    told = {key: value for key, value in (given or {}).items() if value is not None}
    wanted = INSTRUCTIONS[name]
    for key in told:
        if key not in wanted:
            raise row.error(f"field 'kwargs': {name} has no argument {key!r}")
    for key, kind in wanted.items():
        if not _fits(told.get(key), kind):
            raise row.error(f"field 'kwargs': {key!r} of {name} must be {_WANTED[kind]}")
    return told


def _fits(value: JSON, kind: Kind) -> bool:
    if kind == "count":
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    if kind == "texts":
        return isinstance(value, list) and bool(value) and all(_fits(v, "text") for v in value)
    if not isinstance(value, str) or not value.strip():
        return False
    if kind == "letter":
        return len(value.strip()) == 1
    return kind == "text" or value in _RELATIONS
