"""Which label does a reply name?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.kinds.classification.answers import read_label

CLINICS = ("cardiology", "neurology", "history of present illness", "history")
DEPARTMENTS = ("心内科", "呼吸科", "神经科", "内科")
ANSWERS = ("yes", "no", "maybe")
TUMOURS = ("malignant", "non-malignant", "unclear")


def read(text, labels):
    index = read_label(text, labels)
    return None if index is None else labels[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cardiology", "cardiology"),
        (" Cardiology.", "cardiology"),
        ("CARDIOLOGY", "cardiology"),
        ("**Cardiology**", "cardiology"),
        ("- “Cardiology”", "cardiology"),
        ("ｃａｒｄｉｏｌｏｇｙ", "cardiology"),
        ("Answer: Cardiology", "cardiology"),
        ("The correct label is: cardiology.", "cardiology"),
        ("This note belongs to cardiology because of the chest pain.", "cardiology"),
        ("The note is about the heart. So I would say cardiology", "cardiology"),
        ("cardiology (heart disease)", "cardiology"),
        ("Cardiology, as there is no cough.", "cardiology"),
        ("There is no cough. It is cardiology.", "cardiology"),
        ("cardiology\nQuestion: Is it neurology?", "cardiology"),
        ("History  of\npresent illness", "history of present illness"),
        ("That is the history of present illness.", "history of present illness"),
        ("That is the history.", "history"),
    ],
)
def test_the_label_is_read_from_an_english_reply(text, expected):
    assert read(text, CLINICS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "This isn't cardiology.",
        "It is not cardiology",
        "Cardiology? No.",
        "Cardiology is unlikely here",
        "cardiology or neurology",
        "Cardiology, neurology",
        "cardiology\nneurology\nhistory",
        "Cardiology. Or rather neurology.",
        "history, or history of present illness",
        "neurocardiology",
        "cardiologyx",
        "prehistory",
        "The heart",
    ],
)
def test_no_label_is_read_where_it_is_negated_doubled_or_part_of_a_word(text):
    assert read(text, CLINICS) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("心内科", "心内科"),
        ("答案：心内科。", "心内科"),
        ("这份病历属于心内科，建议住院。", "心内科"),
        ("「呼吸科」", "呼吸科"),
        ("内科", "内科"),
        ("应就诊于内科。", "内科"),
        ("患者无发热。因此属于神经科。", "神经科"),
        ("不是心内科", None),
        ("该病例并非呼吸科疾病。", None),
        ("心内科或呼吸科", None),
        ("心内科、神经科", None),
        ("心内科和内科", None),
        ("骨科", None),
    ],
)
def test_chinese_labels_need_no_blanks_and_the_longest_counts(text, expected):
    assert read(text, DEPARTMENTS) == expected


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("No, it doesn't.", ANSWERS, "no"),
        ("no", ANSWERS, "no"),
        ("The answer is no.", ANSWERS, "no"),
        ("There is no doubt", ANSWERS, None),
        ("Yes, there is no doubt.", ANSWERS, "yes"),
        ("There is no doubt: yes.", ANSWERS, None),
        ("yes and no", ANSWERS, None),
        ("not yes", ANSWERS, None),
        ("The tumour is non-malignant.", TUMOURS, "non-malignant"),
        ("non-malignant", TUMOURS, "non-malignant"),
        ("The tumour is malignant.", TUMOURS, "malignant"),
        ("The tumour is non-malignant.", TUMOURS[::2], None),
        ("是", ("是", "不是"), "是"),
        ("不是，因为没有发热。", ("是", "不是"), "不是"),
        ("是的", ("是", "不是"), None),
        ("这不是肿瘤的表现", ("是", "不是"), None),
        ("不确定", ("确定", "不确定"), "不确定"),
    ],
)
def test_labels_that_are_negations_themselves(text, labels, expected):
    assert read(text, labels) == expected


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("B", ("A", "B"), "B"),
        ("B. It grew.", ("A", "B"), "B"),
        ("A patient with hepatitis B", ("A", "B"), None),
        ("1.5 mg", ("0", "1"), None),
        ("1.", ("0", "1"), "1"),
        ("10", ("1", "10"), "10"),
        ("all", ("ALL", "all"), "all"),
        ("It is ALL here", ("ALL", "all"), "ALL"),
        ("It is All here", ("ALL", "all"), None),
        ("+", ("+", "++"), "+"),
        ("++", ("+", "++"), "++"),
        ("*", ("*", "**"), "*"),
        ("C++ it is", ("C++", "C"), "C++"),
        ("E. coli grew", ("E. coli", "S. aureus"), "E. coli"),
    ],
)
def test_short_and_odd_labels(text, labels, expected):
    assert read(text, labels) == expected


@given(
    labels=st.lists(st.text(min_size=1).filter(lambda t: t == t.strip()), min_size=2, unique=True),
    data=st.data(),
)
def test_every_label_alone_is_read_whatever_it_is(labels, data):
    index = data.draw(st.integers(0, len(labels) - 1))
    assert read_label(f" {labels[index]}\n", labels) == index


@given(text=st.text(max_size=80), labels=st.lists(st.text(min_size=1), min_size=2, unique=True))
def test_no_text_and_no_label_raises(text, labels):
    index = read_label(text, labels)
    assert index is None or 0 <= index < len(labels)
