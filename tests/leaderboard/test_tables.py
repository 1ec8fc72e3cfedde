"""Tables leave a page as files that say what was shown and run nothing."""

import io

import pandas as pd
import pytest

from leaderboard.plain import plain
from leaderboard.tables import as_csv, as_markdown, as_parquet, file_stem

FRAME = pd.DataFrame(
    {"row": ["=cmd()", "+cmd", "-1.5", "−2.0 [−3, −1]"], "value": [1.5, None, -2.0, 0.25]}
)


def test_no_cell_of_a_csv_is_a_formula() -> None:
    found = pd.read_csv(io.BytesIO(as_csv(FRAME)))
    assert list(found["row"]) == ["'=cmd()", "'+cmd", "-1.5", "−2.0 [−3, −1]"]
    assert found["value"].isna().tolist() == [False, True, False, False]
    assert found["value"][2] == -2.0


@pytest.mark.parametrize(
    "start",
    ["=", "@", "\t=1", "\r=1", "\n=1", "+a", "-a(", "=1+1", "-2+cmd|' /C calc'!A0", "+ cmd|x!A0"],
)
def test_every_start_of_a_formula_is_quoted(start: str) -> None:
    text = as_csv(pd.DataFrame({"a": [start]})).decode()
    assert text.split("\n", 1)[1].lstrip('"').startswith("'")


def test_a_change_with_its_interval_is_no_formula_and_a_head_may_be_one() -> None:
    frame = pd.DataFrame({"=cmd()": ["+2.1 [0.6, 3.6]", "-1.5"]})
    assert as_csv(frame).decode().splitlines() == ["'=cmd()", '"+2.1 [0.6, 3.6]"', "-1.5"]


def test_parquet_keeps_numbers_and_missing_ones() -> None:
    found = pd.read_parquet(io.BytesIO(as_parquet(FRAME)))
    assert found["value"].isna().tolist() == [False, True, False, False]
    assert list(found["row"]) == list(FRAME["row"])


def test_halves_of_characters_stop_no_download() -> None:
    frame = pd.DataFrame({"a": pd.Series(["\ud800 broken"], dtype=object)})
    assert b"\\ud800 broken" in as_csv(frame)
    assert pd.read_parquet(io.BytesIO(as_parquet(frame)))["a"][0] == "\\ud800 broken"
    assert b"ud800 broken" in as_markdown(frame, "t")


def test_markdown_is_a_table_whatever_the_names_are() -> None:
    frame = pd.DataFrame({"a|b": ["<script>", "| x |"], "n": [None, 2.5]})
    lines = as_markdown(frame, "my table").decode().splitlines()
    assert lines[0] == "## my table"
    assert lines[2] == "| a&#124;b | n |"
    assert lines[4] == "| &#60;script&#62; |  |"
    assert lines[5] == "| &#124; x &#124; | 2.5 |"


def test_file_names_carry_family_and_page_and_nothing_else() -> None:
    assert file_stem("medical-demo stages") == "medical-demo-stages"
    assert file_stem("../../etc 急诊/问答") == "etc-急诊-问答"
    assert file_stem("///") == "table"


def test_streamlits_markdown_shows_plain_text_as_it_is() -> None:
    shown = plain("$x$ :red[a] ![p](http://e) `c` **b** <b> :material/delete:")
    assert not set("$:[]*`<>!") & set(shown.replace("&#", ""))
