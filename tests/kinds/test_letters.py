from string import ascii_uppercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kinds.multiple_choice.letters import read_letters

GASES = ["oxygen", "carbon dioxide", "nitrogen", "helium"]
ZH_GASES = ["氧气", "二氧化碳", "氮气", "氦气"]
MICROBES = ["E. coli", "C. difficile", "viral pneumonia", "pneumonia", "hepatitis B"]


@pytest.mark.parametrize(
    "reply",
    [
        "B",
        " B\n",
        "b",
        "B.",
        "(B)",
        "[B]",
        "b)",
        "Ｂ",
        "**B**",
        "B) carbon dioxide",
        "B carbon dioxide",
        "B, because plants do",
        "B\nQuestion: And animals?",
        "Option B",
        "The answer is B",
        "The correct answer is (B) carbon dioxide.",
        "The answer is **B**, carbon dioxide",
        "the best answer is: b.",
        "Answer: B",
        "I think that B is correct because A is wrong",
        "$\\boxed{\\text{B}}$",
        "I would go with (B).",
        "The answer is A. No, the answer is B",
        "B, A is wrong",
        "Carbon dioxide.",
        "carbon dioxide, as plants need it",
        "The answer is carbon dioxide",
        "Plants take up carbon dioxide.",
        "A plant takes up carbon dioxide",
    ],
)
def test_english_replies_are_read_as_b(reply):
    assert read_letters(reply, GASES) == (1,)


@pytest.mark.parametrize(
    "reply",
    [
        "B。",
        "（B）",
        "B、二氧化碳",
        "答案是B",
        "答案：B",
        "**答案：B**",
        "答案为 B。",
        "正确答案是（B）二氧化碳",
        "正确选项是B",
        "故选：B",
        "应选B项",
        "我选择B",
        "本题选B，A错误",
        "选项B。",
        "B正确",
        "二氧化碳",
        "答案是二氧化碳",
        "植物吸收的是二氧化碳。",
    ],
)
def test_chinese_replies_are_read_as_b(reply):
    assert read_letters(reply, ZH_GASES) == (1,)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "?",
        "E",  # beyond the choices
        "A patient was seen",
        "B-cell lymphoma",
        "Hepatitis B virus",
        "I don't know",
        "The answer is not B",
        "It isn't oxygen",
        "The answer is a virus",
        "A or B",
        "A, C",
        "oxygenation",
        "Option A is wrong",
        "答案不是B",
        "不选B",
        "不是氧气",
        "选项B不正确",
    ],
)
def test_what_names_no_choice_or_two_is_no_answer(reply):
    assert read_letters(reply, GASES if reply.isascii() else ZH_GASES) is None


@pytest.mark.parametrize(
    ("reply", "index"),
    [
        ("E. coli", 0),
        ("C. difficile", 1),
        ("C. difficile infection", 1),
        ("The answer is C. difficile", 1),
        ("C", 2),
        ("C. viral pneumonia", 2),
        ("This is viral pneumonia", 2),  # and no pneumonia as well
        ("pneumonia", 3),
        ("Hepatitis B", 4),
    ],
)
def test_a_choice_with_a_capital_in_its_text_is_not_a_letter(reply, index):
    assert read_letters(reply, MICROBES) == (index,)


@pytest.mark.parametrize(
    ("reply", "indices"),
    [
        ("ABD", (0, 1, 3)),
        ("A, B, D", (0, 1, 3)),
        ("A、B、D。", (0, 1, 3)),
        ("D, A and B", (0, 1, 3)),
        ("A, B, and D", (0, 1, 3)),
        ("The answers are A and C because they are gases", (0, 2)),
        ("答案：ABD", (0, 1, 3)),
        ("A和C都正确", (0, 2)),
        ("A. oxygen\nC. nitrogen", (0, 2)),
        ("oxygen and nitrogen", (0, 2)),
        ("B", (1,)),
        ("I don't know", None),
    ],
)
def test_several_letters_are_read_on_demand(reply, indices):
    assert read_letters(reply, GASES, several=True) == indices


def test_the_first_of_listed_lines_is_the_answer_where_one_is_asked_for():
    assert read_letters("B. carbon dioxide\nC. nitrogen", GASES) == (1,)


FRAMES = ["{}", "{}.", "({})", "The answer is {}.", "答案是{}", "Answer: {}", "选{}"]


@settings(max_examples=300)
@given(
    st.lists(st.text(min_size=1, max_size=12).filter(str.strip), min_size=2, max_size=26),
    st.sampled_from(FRAMES),
    st.data(),
)
def test_a_letter_is_read_whatever_the_choices_say(choices, frame, data):
    index = data.draw(st.integers(0, len(choices) - 1))
    reply = frame.format(ascii_uppercase[index])
    if not any(choice.strip()[0] in f"{reply}{reply.lower()}" for choice in choices):
        assert read_letters(reply, choices) == (index,)


@settings(max_examples=500)
@given(
    st.text(st.characters() | st.sampled_from(" ABCDabcd.,()答案选是不和、\n"), max_size=60),
    st.lists(st.text(min_size=1, max_size=6), min_size=2, max_size=6),
    st.booleans(),
)
def test_any_reply_is_read_or_not(reply, choices, several):
    found = read_letters(reply, choices, several=several)
    assert found is None or set(found) <= set(range(len(choices)))
    assert found is None or several or len(found) == 1


@pytest.mark.parametrize("unit", ["A ", "A, ", "A and ", "AB", "(", "answer is ", "选", "A\n"])
def test_a_long_reply_is_read_without_running_out_of_patience(unit):
    """A pattern that backtracks would not come back from 2,000 repetitions."""
    found = read_letters(unit * 2_000 + "?", GASES)
    assert found is None or len(found) == 1
