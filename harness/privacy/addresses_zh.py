"""Chinese addresses: a road with numbers, in a place or down to the room; a place after a label.

Numbers are found first and the road is looked for to their left, so that the time stays linear in
a text where any character may belong to a name.
"""

import re
from collections.abc import Iterator

from harness.privacy.finding import Finding

_UNITS = "号楼|号院|号|弄|栋|幢|座|单元|楼|层|室|房|户|门|组"
_NUMBER = r"(?:\d{1,5}[A-Za-z]?|[A-Za-z]\d{0,4}|[零〇一二三四五六七八九十百甲乙丙丁]{1,6})"
_NUMBERS = re.compile(
    rf"(?<![\dA-Za-z])(?:{_NUMBER} ?(?:{_UNITS})[ ,\-]?){{1,6}}"
    rf"(?:(?:\d{{1,4}}-\d{{1,4}}|\d{{2,5}})(?![\d.]))?"
)
_UNIT = re.compile(_UNITS)
_ROAD = re.compile("(?:[路街巷弄里村屯庄苑园道]|小区|社区|新村|公寓|大厦|家属院|宿舍) ?$")
_PLACE = re.compile("(?:省|自治区|市|自治州|地区|区|县|旗|镇|乡)")
_PROVINCE = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_LEAD = re.compile("[住址于籍在至到为是往回从]|来自")
_HAN = re.compile("[\u4e00-\u9fff ]")
_REACH = 40
"""Characters to the left of a number that an address may have."""
_NAME = 5
"""Characters that the name of a town or road may have before its last one."""

_LABEL = re.compile(
    "(?:住址|地址|居住地|现住地|住所|户籍地|户籍所在地|户口所在地|(?:现|家|居)住[在于]?(?!址)|住在|住于)"
    r"(?:为|是|[\s:=*|\"'()\]】>])*"
)
_AFTER = re.compile("[\u4e00-\u9fff\\dA-Za-z# \\-]{4,60}")
_PARTS = re.compile("[省市县镇乡村旗路街道巷弄栋幢屯庄园苑组号室]|(?<!地)区|\\d")


def chinese_addresses(text: str) -> Iterator[Finding]:
    """Yield Chinese addresses."""
    if text.isascii():
        return
    for found in _NUMBERS.finditer(text):
        start = _start(text, found)
        if start is not None:
            yield Finding("address", start, found.start() + len(found[0].rstrip(" ,-")))
    for label in _LABEL.finditer(text):
        place = _AFTER.match(text, label.end())
        if place and len(_PARTS.findall(place[0])) > 1 and "的" not in place[0]:
            yield Finding("address", place.start(), place.start() + len(place[0].rstrip()))


def _start(text: str, numbers: re.Match[str]) -> int | None:
    """Return where the address that ends in these numbers begins; None if it is none."""
    end = numbers.start()
    first = end
    while first > max(0, end - _REACH) and _HAN.match(text, first - 1):
        first -= 1
    left = text[first:end]
    detailed = len(_UNIT.findall(numbers[0])) > 1
    road, places = _ROAD.search(left), [*_PLACE.finditer(left)]
    if not ((road and (places or detailed)) or (places and detailed)):
        return None
    province = _PROVINCE.search(left)
    if province and places:
        return first + province.start()
    named = places[0] if places else road
    begin = max(0, named.start() - _NAME) if named else 0
    lead = [*_LEAD.finditer(left, begin, named.start() if named else len(left))]
    return first + (lead[-1].end() if lead else begin)
