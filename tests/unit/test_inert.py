"""Foreign text does nothing but be read."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pochade.inert import inert

ANYTHING = st.text(st.characters(), max_size=200) | st.text(
    st.sampled_from("a[/]\\<>&\x1b\x07\x00\n\t\r\x7f\x9b\u202e\u2066\u200d\u200b\ufe0f\ud83d\udc41\ue000\U000e0041👁🗨न"),
)


def acts(text):
    """The characters of a text that do or hide anything."""
    return [
        sign
        for place, sign in enumerate(text)
        if unicodedata.category(sign) in {"Cc", "Cs", "Co", "Zl", "Zp"}
        or unicodedata.bidirectional(sign) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        or sign in "\u200e\u200f\u061c\u200b\ufeff\u00ad"
        or (sign in "\u200c\u200d" and place in {0, len(text) - 1})
    ]


@given(ANYTHING)
def test_nothing_that_comes_out_acts_and_all_of_it_can_be_written_to_a_terminal(text):
    shown = inert(text)
    assert not acts(shown)
    assert "\n" not in shown
    shown.encode()


@given(ANYTHING, st.integers(1, 40))
def test_a_limit_holds_and_is_seen(text, limit):
    whole, shown = inert(text), inert(text, limit=limit)
    assert len(shown) <= limit
    assert not acts(shown)
    assert shown == whole if len(whole) <= limit else shown.endswith("…")


@given(ANYTHING)
def test_what_was_made_inert_once_stays_as_it_is(text):
    assert inert(inert(text)) == inert(text)


@pytest.mark.parametrize(
    "text",
    [
        "a red boat at dawn",
        "C:\\Users\\me\\boat.png",
        "日本語の看板、雨",
        "Ein Café — 5 × 3 “Grüße”",
        "👩‍👩‍👧 👁️‍🗨️ 🏳️‍🌈 👍🏽",
        "می‌خواهم",  # Persian, written with a non-joiner
        "क्‍ष",  # Hindi, written with a joiner
        "葛󠄀城",  # a Japanese name, with the form of its first sign chosen
        "\U0001fae8",  # an emoji that Python 3.11 does not know
        "e\u0301",
        "",
    ],
)
def test_honest_text_is_left_alone(text):
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]8;;https://example.org\x07here", r"\x1b]8;;https://example.org\x07here"),
        ("\x9b2J", r"\x9b2J"),
        ("a\0b\x7f", r"a\x00b\x7f"),
        ("boat\u202egnp.exe", r"boat\u202egnp.exe"),
        ("\u2066a\u2069\u200f\u061c", r"\u2066a\u2069\u200f\u061c"),
        ("pass\u200bword\ufeff", r"pass\u200bword\ufeff"),
        ("pass\u200dword", r"pass\u200dword"),
        ("two\nlines\tand\r\nmore\u2028end", "two lines and  more end"),
        ("\ud83d half", r"\ud83d half"),
        ("\ue000\U000e0041", r"\ue000\U000e0041"),
        ("a\ufe0f\ufe0e\U000e0100", "a\ufe0f\\ufe0e\\U000e0100"),
        ("\u3164", r"\u3164"),
    ],
)
def test_what_acts_or_hides_is_shown(text, shown):
    assert inert(text) == shown


def test_no_escape_is_cut_in_two():
    assert inert("abc\u202edef", limit=8) == "abc…"
    assert inert("abc\u202e", limit=9) == r"abc\u202e"


def test_a_cut_leaves_no_joiner_at_the_end():
    assert inert("👩‍👩‍👧", limit=3) == "👩…"


def test_it_loads_nothing_of_the_house():
    code = "import sys, runpy; runpy.run_path(sys.argv[1]); print([n for n in sys.modules if n.startswith('pochade')])"
    file = sys.modules[inert.__module__].__file__
    said = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
