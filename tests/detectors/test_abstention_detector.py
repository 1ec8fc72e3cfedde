import pytest

from harness.detectors.abstention import abstains


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("I don't know.", True),
        ("I do not know", True),
        ("There is no such drug.", True),
        ("That has not happened yet.", True),
        ("I'm sorry, but I can't help with that.", True),
        ("I'm not sure, but I think it is insulin.", False),
        ('The patient said "I don\'t know".', False),
        ("Insulin.", False),
        ("No.", False),
        ("不知道", True),
        ("没有这种药。", True),
        ("我不能帮助您。", True),
        ("我不太确定，但我想是弗莱明。", False),
        ("胰岛素。", False),
        ("", False),
    ],
)
def test_abstentions_are_told_from_answers(text, silent):
    assert abstains(text) == silent
