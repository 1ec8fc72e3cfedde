"""Numbers of persons that are known by the label before them: records, insurance, passports."""

import re
from collections.abc import Iterator

from harness.privacy.canonical import has_any, lowered
from harness.privacy.finding import Finding

_WORDS = {
    "id_number": (
        "身份证|证件号|公民身份号|军官证|驾驶证号|通行证号|居住证号",
        r"(?:national|resident|citizen|chinese) id(?:entity)?(?: card)?(?: number| no)?|id card"
        r"|identity (?:card|number)|driver'?s licen[cs]e",
    ),
    "passport": ("护照", "passport"),
    "ssn": ("社会安全号", r"ssn|s\.s\.n|social security"),
    "record_number": (
        "病历号|病历编号|病案号|住院号|住院编号|门诊号|急诊号|就诊号|就诊卡|诊疗卡|就诊编号|登记号"
        "|检查号|影像号|病理号|标本号|条码号|患者编号|病人编号|患者id|病人id|患者号|病人号|挂号单号",
        r"mrns?|mr ?#|(?:medical|health|patient|clinical|hospital|chart) record (?:no|number|id|#)"
        r"|medical record|chart (?:no|number|#)|hospital (?:no|number|id)|unit number"
        r"|patient(?:'s)? (?:id|no\b|number|identifier|account)|(?:encounter|visit|account"
        r"|accession|admission|specimen) (?:no|number|id|#)",
    ),
    "insurance_number": (
        "医保卡|医保号|医保编号|医疗保险号|医疗保险卡|医疗证号|社保卡|社保号|社保编号|社会保障号"
        "|社会保障卡|保险号|保险单号|保单号|参保号|新农合证号|新农合号|合作医疗证",
        r"(?:insurance|medicare|medicaid|policy|member|subscriber|beneficiary|health plan)"
        r"(?: card| policy| member| beneficiary)? ?(?:id|no\b|number|#|card)"
        r"|nhs|health card|ohip|insurance(?= ?[:#])",
    ),
}
_HINTS = {
    "id_number": ("证", " id", "id ", "identity", "licen"),
    "passport": ("护照", "passport"),
    "ssn": ("社会安全号", "ssn", "s.s.n", "social security"),
    "record_number": (
        *("号", "卡", "编", "id", "mrn", "mr#", "mr #", "record", "chart", "hospital", "unit"),
        *("patient", "encounter", "visit", "account", "accession", "admission", "specimen"),
    ),
    "insurance_number": (
        *("医", "保", "合", "insurance", "medic", "policy", "member", "subscriber", "beneficiary"),
        *("health", "nhs", "ohip"),
    ),
}
"""Of each kind, parts of its labels without which there is none."""
_BETWEEN = (
    r"(?:号码?|编号|码|id\b|numbers?|no\b|nr\b|card|is\b|was\b|为|是|[\s:#.=*|\"'()\]】>\-]){0,10}"
)
_VALUE = (
    r"(?<![a-z0-9])([a-z]{0,6}[\-/. ]?\d[\da-z]*"
    r"(?:[\-/.][\da-z]+|[ _]\d{2,}[\da-z]*(?! ?(?:m?[gl]|mm|mmhg|%|x)\b|[\w.%/])){0,8})"
)
_FEWEST_DIGITS = 4
_NOT_A_NUMBER = re.compile(r"\s?[年月例个次%岁名张元天份]|\s?(?:mg|ml|g|kg|mm|patients|cases)\b")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[-./]\d{1,2}){0,2}$")


def _pattern(chinese: str, english: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{chinese}|(?<![a-z])(?:{english})(?![a-z])){_BETWEEN}{_VALUE}")


_PATTERNS = {kind: _pattern(*words) for kind, words in _WORDS.items()}


def labelled_numbers(text: str) -> Iterator[Finding]:
    """Yield numbers of at least four digits after a label that says whose they are."""
    text = lowered(text)
    for kind, pattern in _PATTERNS.items():
        for found in pattern.finditer(text) if has_any(text, _HINTS[kind]) else ():
            digits = sum(letter.isdigit() for letter in found[1])
            if digits >= _FEWEST_DIGITS and not _is_ordinary(found):
                yield Finding(kind, *found.span(1))


def _is_ordinary(found: re.Match[str]) -> bool:
    """Say whether what stands after a label is a date or a quantity."""
    return bool(_YEAR.match(found[1]) or _NOT_A_NUMBER.match(found.string, found.end()))
