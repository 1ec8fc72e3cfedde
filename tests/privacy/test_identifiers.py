"""Identifiers in texts are found, whatever their spelling; what only looks like one isn't."""

import json
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.privacy.finding import KINDS
from harness.privacy.identifiers import Finding, find_identifiers, mask, mask_json

HERE = Path(__file__).parent


@cache
def corpus(name: str) -> list[dict[str, str]]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def surviving(row: dict[str, str]) -> list[str]:
    """The parts of a planted identifier, words and runs of digits, that masking left."""
    masked = mask(row["text"])
    parts = re.findall(r"[A-Za-z]{2,}|\d{2,}|[\u4e00-\u9fff]{2,}", row["value"])
    return [part for part in (row["value"], *parts) if part in masked]


@pytest.mark.parametrize("row", corpus("planted"), ids=lambda row: row["text"][:30])
def test_a_planted_identifier_is_found_and_nothing_of_it_survives(row: dict[str, str]) -> None:
    [found] = find_identifiers(row["text"])
    assert found.kind == row["kind"]
    assert surviving(row) == []
    masked = mask(row["text"])
    assert f"[{row['kind'].upper()}]" in masked
    assert len(masked) > len(row["text"]) - len(row["value"])  # the rest stays


def test_the_corpus_has_forty_of_every_kind_in_both_languages() -> None:
    rows = corpus("planted")
    assert len(rows) == 40
    chinese = {row["kind"] for row in rows if re.search("[\u4e00-\u9fff]", row["text"])}
    english = {row["kind"] for row in rows if row["text"].isascii()}
    assert {row["kind"] for row in rows} == {*KINDS}
    assert {*KINDS} - chinese == {"ssn"}  # a number of the United States
    assert {*KINDS} == english


def test_what_only_looks_like_an_identifier_is_left_alone() -> None:
    rows = corpus("lookalikes")
    flagged = [row["text"] for row in rows if find_identifiers(row["text"])]
    assert len(rows) >= 200
    assert len(flagged) <= 0.02 * len(rows), flagged


def test_sentences_that_were_set_aside_are_told_apart_too() -> None:
    rows = corpus("heldout")
    planted = [row for row in rows if "value" in row]
    assert (len(planted), len(rows)) == (20, 100)
    leaks = [row["text"] for row in planted if surviving(row)]
    alarms = [row["text"] for row in rows if "value" not in row and find_identifiers(row["text"])]
    assert (leaks, alarms) == ([], [])


FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
ARABIC = {ord("0") + digit: 0x0660 + digit for digit in range(10)}
SPELLINGS = {
    "full width": lambda text: text.translate(FULL_WIDTH),
    "Arabic digits": lambda text: text.translate(ARABIC),
    "unusual blanks": lambda text: text.replace(" ", "\u202f"),
    "wide blanks": lambda text: text.replace(" ", "\u3000"),
    "unusual dashes": lambda text: text.replace("-", "\u2011"),
    "zero width": lambda text: "\u200b".join(text),
    "soft hyphens": lambda text: "\u00ad".join(text),
    "a byte order mark": lambda text: "\ufeff" + text,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_the_characters_hides_nothing(spelling: str) -> None:
    for row in corpus("planted"):
        spelled = SPELLINGS[spelling](row["text"])
        assert [each.kind for each in find_identifiers(spelled)] == [row["kind"]], spelled
        text = mask(spelled)
        assert row["value"].translate(FULL_WIDTH) not in text
        assert not re.search(r"[0-9\u0660-\u0669]{5}", text.replace("\u200b", "")), text


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X",
        "110105 19491231 002x",
        "110105-1949-1231-002X",
        "1101 0519 4912 3100 2X",
        "ID:11010519491231002X,",
        "2021 11010519491231002X 3",
    ],
)
def test_separators_do_not_hide_an_identity_number(text: str) -> None:
    [found] = find_identifiers(text)
    assert found.kind == "id_number"
    assert re.sub(r"\W", "", text[found.start : found.end]).upper() == "11010519491231002X"


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",  # check digit
        "11010519491331002X",  # month
        "11010530491231002X",  # year
        "123456789012345678",
    ],
)
def test_a_number_that_no_resident_can_have_needs_a_label(text: str) -> None:
    assert find_identifiers(f"see {text}.") == []
    assert [each.kind for each in find_identifiers(f"身份证号：{text}")] == ["id_number"]


@pytest.mark.parametrize(
    "text",
    [
        "13912345678/13812345678",
        "13912345678,13812345678",
        "13912345678-13812345678",
        "13912345678 13812345678",
        "138 0013 8000、139-1234-5678",
        "(617) 555-0198 or 617.555.0199",
        "+86 139 1234 5678; +44 20 7946 0958",
    ],
)
def test_phone_numbers_side_by_side_are_all_found(text: str) -> None:
    assert not re.search(r"\d{2}", mask(text))
    assert mask(text).count("[PHONE]") == 2


@pytest.mark.parametrize(
    "text", ["1-800-273-8255", "400-161-9995", "tel: 1-800-222-1222", "热线电话 400-161-9995"]
)
def test_a_number_that_anybody_may_call_is_nobodys(text: str) -> None:
    assert find_identifiers(text) == []


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("姓名：", "张伟"),
        ("姓 名 ", "王小明"),
        ("| 姓名 | ", "王芳"),
        ("【患者姓名】", "司马光华"),
        ('{"姓名": "', "李雷"),
        ("PATIENT NAME: ", "SMITH, JOHN"),
        ("**Patient name:** ", "Anna Schmidt"),
        ('"patient_name": "', "Anna Schmidt"),
        ("Patient: ", "Zhang Wei"),
        ("Name: ", "张伟"),
        ("pAtIeNt nAmE = ", "Anna Schmidt"),
        ("Patient name: ", "anna schmidt"),
    ],
)
def test_a_name_is_found_behind_any_dress_of_its_label(label: str, name: str) -> None:
    assert mask(f"{label}{name}") == f"{label}[NAME]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("患者张伟因咳嗽入院", "患者[NAME]因咳嗽入院"),
        ("姓名张伟性别男年龄54", "姓名[NAME]性别男年龄54"),
        ("姓名：张伟 性别：男", "姓名：[NAME] 性别：男"),
        ("患者：王建国，电话13912345678。", "患者：[NAME]，电话[PHONE]。"),
        ("Pt: Jane Doe, 34F", "Pt: [NAME], 34F"),
        ("Signed by: Li Wei MD", "Signed by: [NAME]"),
        ("家住杭州市西湖区文三路199号4栋502室，独居", "家住[ADDRESS]，独居"),
        ("MRN 4412098 5 mg daily", "MRN [RECORD_NUMBER] 5 mg daily"),
        ("MRN 4412098 10 mg daily", "MRN [RECORD_NUMBER] 10 mg daily"),
        ("患者罗晓峰昨夜睡眠欠佳", "患者[NAME]昨夜睡眠欠佳"),
        ("我叫李雷，最近头疼", "我叫[NAME]，最近头疼"),
        ("RE: Harold Jensen, seen today", "RE: [NAME], seen today"),
        ("Pt name - Luis Ortega", "Pt name - [NAME]"),
        ("home address: 12 elm road, austin", "home address: [ADDRESS]"),
        ("Write to P.O. Box 4471.", "Write to [ADDRESS]."),
        ("邮编：100871", "邮编：[ADDRESS]"),
        ("住址：湖南省长沙市岳麓区麓山南路", "住址：[ADDRESS]"),
        ("Call 555-123-4567 tomorrow", "Call [PHONE] tomorrow"),
        ("Mr. Smith's wife", "Mr. [NAME] wife"),
    ],
)
def test_a_mark_covers_the_identifier_and_little_else(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_what_a_sentence_tells_counts_in_clinical_text_alone_if_it_must_be_sure() -> None:
    story = "Mr. Darcy, born on 3 May 1790, lived at 4 Elm Street with Dr. Bingley."
    record = "Mr. Darcy was admitted to the ward with acute pain."
    assert [each.kind for each in find_identifiers(story)] == [
        *("name", "birth_date", "address", "name")
    ]
    assert find_identifiers(story, sure=True) == []
    assert [each.kind for each in find_identifiers(record, sure=True)] == ["name"]


def test_overlapping_findings_become_one() -> None:
    text = "Address: 12 Elm Road, tel 617-555-0198, jane@example.org"
    masked = mask(text)
    assert masked.startswith("Address: [ADDRESS]")
    assert not re.search("Elm|0198|jane", masked)


def test_a_finding_says_kind_and_place_and_never_the_value() -> None:
    [found] = find_identifiers("电话：13912345678")
    assert found == Finding("phone", 3, 14)
    assert "139" not in repr(found)


def test_nested_values_are_masked_in_keys_numbers_and_lists() -> None:
    value = {
        "13912345678": ["13812345678", 13812345678, 13812345678.0],
        "13912345679": {"note": "Patient: John Smith", "n": 3, "share": 0.5, "ok": True, "x": None},
        "phones": [2025550143, "2025550144"],
        "huge": 1e300,
        "nan": float("inf"),
    }
    assert mask_json(value) == {
        "[PHONE]": ["[PHONE]", "[PHONE]", "[PHONE]"],
        "[PHONE] 2": {"note": "Patient: [NAME]", "n": 3, "share": 0.5, "ok": True, "x": None},
        "phones": ["[PHONE]", "[PHONE]"],
        "huge": 1e300,
        "nan": float("inf"),
    }
    assert value["phones"] == [2025550143, "2025550144"]  # the original isn't changed


def test_a_fields_name_is_the_label_of_its_value() -> None:
    row = {
        "姓名": "张伟",
        "patientName": "Anna Schmidt",
        "date_of_birth": "1962-03-05",
        "mrn": 4412,
    }
    assert mask_json(row) == {
        "姓名": "[NAME]",
        "patientName": "[NAME]",
        "date_of_birth": "[BIRTH_DATE]",
        "mrn": "[RECORD_NUMBER]",
    }
    for plain in (
        {"drug": "Anna Schmidt"},
        {"name": "aspirin"},
        {"year": "1962-03-05"},
        {"n": 4412},
    ):
        assert mask_json(plain) == plain


PIECES = st.sampled_from(
    [row[key] for name in ("planted", "heldout") for row in corpus(name) for key in row]
    + [
        "[NAME]",
        "[PHONE]",
        "姓名：",
        "Patient: ",
        "Mr. ",
        "MRN ",
        "地址",
        "DOB ",
        "\u200b",
        "\u3000",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=8).map("".join)


@given(TEXTS | st.text())
def test_any_text_is_masked_once_and_for_all(text: str) -> None:
    masked = mask(text)
    assert find_identifiers(masked) == []
    assert mask(masked) == masked
    found = find_identifiers(text)
    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(each.kind in KINDS for each in found)
    if not found:
        assert masked == text


JSONS = st.recursive(
    TEXTS | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, str):
        yield value


@given(JSONS)
def test_any_nested_value_is_masked_in_every_text_and_keeps_its_shape(value: Any) -> None:
    masked = mask_json(value)
    assert all(find_identifiers(text) == [] for text in texts_in(masked))
    if isinstance(value, dict | list):
        assert len(masked) == len(value)


RUNS = (
    *(
        "a",
        "1",
        "1 ",
        "1-",
        "@",
        "a@a.",
        "a.",
        "+1 ",
        "(",
        "张",
        "市",
        "省市区县镇路街",
        "姓名：",
        "患者 ",
    ),
    *(
        "1号",
        "路1号",
        "1 Aa ",
        "Aa ",
        "Patient: ",
        "MRN:",
        "mrn 1-1",
        "born ",
        "住址",
        "(at)",
        "é",
        "[NAME]",
    ),
)


@pytest.mark.parametrize("run", RUNS)
def test_time_grows_with_the_length_alone(run: str) -> None:
    def seconds(length: int) -> float:
        text = run * (length // len(run))
        begin = time.process_time()
        find_identifiers(text)
        return time.process_time() - begin

    seconds(1_000)
    assert seconds(40_000) < 0.02 + 8 * seconds(10_000)  # a quadratic pattern takes 16 times


def test_a_long_record_takes_seconds_at_most() -> None:
    sentences = [row["text"] for name in ("planted", "lookalikes") for row in corpus(name)]
    text = "\n".join(sentences * 80)[:1_000_000]
    begin = time.process_time()
    assert find_identifiers(text)
    assert time.process_time() - begin < 8
