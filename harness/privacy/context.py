"""Whether a text is a record or a consultation, by the words around a place in it."""

import re

from harness.privacy.finding import Finding

_WORD = re.compile(
    r"\b(?:in|out)?patients?\b|\bhospital|\bclinic|\bward\b|\bon rounds\b|\badmi(?:tted|ssion)\b"
    r"|\bdischarge|\bdiagnos|\bsymptom|\bsurger|\bsurgical|\bprocedure\b|\bmedications?\b|\bprescri"
    r"|\btreat(?:ed|ment)|\bbiops|\bexamin|\bechocardio|\b(?:ct|mri|icu|ecg|mg|bp)\b|\bdisease"
    r"|\bchronic\b|\bacute\b|\bpain\b|\bfever\b|\bcough|\brash\b|\bcancer|\bdiabet|\bhypertens"
    r"|\bextubat|\bintubat|\btolerated\b|\ballerg|\d[- ]year[- ]old|\by/?o\b|\bhistory of\b"
    r"|(?:itis|osis|emia|oma|ectomy|pathy|plegia)\b|患者|病人|入院|出院|住院|门诊|诊断|手术|病史"
    r"|症状|治疗|主诉|家属|医院|复查|\d ?岁"
)
_REACH = 150
"""Characters before and after a place in which the words must be."""
_ENOUGH = 2


def is_clinical(lower: str, found: Finding) -> bool:
    """Say whether two different clinical words are near a place in a text in lower case."""
    words = _WORD.findall(lower, max(0, found.start - _REACH), found.end + _REACH)
    return len({*words}) >= _ENOUGH
