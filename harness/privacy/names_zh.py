"""Chinese names after labels: 姓名：, 联系人：, 患者张某某，男 ...

After 姓名 any two to four characters are a name; after the other labels it begins with a surname;
and where nothing stands between label and name, what follows must be as after a name, because
患者 is the subject of half of all sentences in a record.
"""

import re
from collections.abc import Iterator

from harness.privacy.finding import Finding
from harness.privacy.surnames import COMMON, DOUBLE, NOT_GIVEN, UNSURE, WORDS

_H = "[\u3400-\u4dbf\u4e00-\u9fff]"
_NAME_IS = "姓 {0,4}名|签 {0,2}名|签 {0,2}字|曾用名"
_PERSON = (
    "患 {0,4}者|病 {0,4}人|患儿|本人|产妇|孕妇|联系人|家属|亲属|监护人|陪护人?"
    "|父亲|母亲|丈夫|妻子|配偶|儿子|女儿|委托人|代理人|申请人|就诊人|受试者|投保人|被保险人|参保人|持卡人|收件人"
    "|(?:主治|经治|主管|管床|首诊|报告|审核)医[师生]|(?:主任|住院|责任)医师|责任护士|记录[者人]"
    "|手术者|术者|医师|护士"
    "|(?<![A-Za-z])(?:[Pp]atient|PATIENT|[Pp]t|[Cc]ontact|[Gg]uardian|[Nn]ext of kin|[Nn]ame|NAME)"
    "(?: [Nn]ame| NAME)?"
)
_BETWEEN = r"(?P<sep>(?:[\s:=*|\"')\]】>_]|为(?=[\s:])|是(?=[\s:])){0,12})"
_LABEL = re.compile(
    rf"(?:(?P<name>{_NAME_IS})|(?P<person>{_PERSON})(?P<also>姓名|签名|签字)?)"
    rf"(?:\([^()\n]{{1,8}}\))?{_BETWEEN}(?=[\u3400-\u4dbf\u4e00-\u9fff])"
)
_TOLD = re.compile(
    r"(?:(?:我|他|她|患者|病人)的?名字[是叫:]?|(?<=[我他她者人])叫|名叫|化名)[\s:\"]{0,3}"
    r"(?=[\u3400-\u4dbf\u4e00-\u9fff])"
)
_MARKED = re.compile(r"[:=|\"*】]")
_FOREIGN = re.compile(f"{_H}{{2,8}}[·•・‧](?:(?![的是在于因男女年]){_H}){{1,8}}")
_SPACED = re.compile(f"({_H}) {{1,4}}({_H})(?!{_H})")
_TAKEN_OUT = ("某", "氏", "先生", "女士", "老师", "阿姨", "大爷", "大妈")
"""After a surname: 张某 and 张先生 are nobody."""
_RUN = re.compile(f"{_H}+")
_NEXT = re.compile(
    r"$|[\s,.;、。;()\[\]|\"'*<>/【】_\-!?\d]|先生|女士|同志|男|女|性别|年龄|现年|出生|生于|身份证|民族"
    "|籍贯|职业|婚|电话|手机|住|科室|床号|病历|门诊|就诊|入院|因|于|在|自|主诉|系|医保|联系"
)
_AFTER_NAME = re.compile(
    r"$|[\n,。;()、]| ?(?:先生|女士|同志|男|女|现年|因|于|今|自|主诉|入院|来院|来我|住院|转入|诉"
    "|昨|前|近|反复|突发|突然|目前|神志|术后|已于|的(?:家属|病历|电话))"
)
_OF_A_PERSON = re.compile(
    r"[\s,(]{0,3}(?:男|女|先生|女士|\d{1,3} ?(?:岁|月|天)|现年|年龄|性别|身份证|电话|住院号|病历号)"
)


def chinese_names(text: str) -> Iterator[Finding]:
    """Yield Chinese names after labels."""
    if text.isascii():
        return
    for label in _LABEL.finditer(text):
        start = label.end()
        if text.startswith(_TAKEN_OUT, start + 1):
            continue
        marked = bool(_MARKED.search(label["sep"]))
        if label["name"] or label["also"]:
            end = _after_name_label(text, start, marked=marked)
        else:
            end = _after_person_label(text, start, marked=marked)
        if end is not None:
            yield Finding("name", start, end)


def mentioned_chinese_names(text: str) -> Iterator[Finding]:
    """Yield Chinese names as sentences introduce them: 我叫, 一位名叫 ..."""
    for told in _TOLD.finditer(text) if "叫" in text or "名字" in text else ():
        end = _after_name_label(text, told.end(), marked=False)
        if end is not None:
            yield Finding("name", told.end(), end)


def _after_name_label(text: str, start: int, *, marked: bool) -> int | None:
    foreign = _FOREIGN.match(text, start)
    if foreign:
        return foreign.end()
    if _is_word(text, start) or not (marked or _surname(text, start)):
        return None
    spaced = _SPACED.match(text, start)
    if spaced and spaced[1] in COMMON:
        return spaced.end()
    longest = min(_run_end(text, start), start + 4)
    ends = [end for end in range(start + 2, longest + 1) if _NEXT.match(text, end)]
    if ends:
        return ends[0]
    surname = _surname(text, start)
    return min(longest, start + surname + 2) if surname and marked else None


def _after_person_label(text: str, start: int, *, marked: bool) -> int | None:
    foreign = _FOREIGN.match(text, start)
    if foreign and marked:
        return foreign.end()
    surname = _surname(text, start)
    if not surname or _is_word(text, start):
        return None
    spaced = _SPACED.match(text, start)
    if spaced and _OF_A_PERSON.match(text, spaced.end()):
        return spaced.end()
    unsure = text[start] in UNSURE and surname == 1
    for end in range(start + surname + 1, min(_run_end(text, start), start + surname + 2) + 1):
        person = _OF_A_PERSON.match(text, end)
        ordinary = not unsure and _AFTER_NAME.match(text, end)
        if person or (
            (ordinary or (marked and _NEXT.match(text, end)))
            and not NOT_GIVEN & {*text[start + surname : end]}
        ):
            return end
    return None


def _surname(text: str, start: int) -> int:
    """Return the length of the surname that stands here; 0 if none does."""
    if text[start : start + 2] in DOUBLE:
        return 2
    return 1 if text[start] in COMMON else 0


def _is_word(text: str, start: int) -> bool:
    return text[start : start + 2] in WORDS or text[start : start + 3] in WORDS


def _run_end(text: str, start: int) -> int:
    run = _RUN.match(text, start, start + 6)
    return run.end() if run else start
