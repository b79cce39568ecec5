from __future__ import annotations

import unicodedata

from hypothesis import given, strategies as st

from respstart.reporters.escape import clean, clean_all

DANGEROUS = {"Cc", "Cs", "Zl", "Zp"}
DIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_shows_what_could_steer_a_terminal():
    assert clean("\x1b[31mred\r\n\0\x7f\x9b\u202e\u2066\u2028\udc80") == r"\x1b[31mred\x0d\x0a\x00\x7f\x9b\u202e\u2066\u2028\udc80"


def test_leaves_ordinary_text_alone():
    assert clean("naïve café 日本 🎉 a\\b") == "naïve café 日本 🎉 a\\b"


def test_caps_the_length_with_an_ellipsis():
    assert clean("abcdefgh", 5) == "abcd…"
    assert clean("abcde", 5) == "abcde"
    assert len(clean("\0" * 1_000_000, 5)) == 5


@given(st.text(st.characters() | st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=300))
def test_any_text_becomes_one_short_harmless_line(text):
    shown = clean(text, 100)
    assert not {unicodedata.category(character) for character in shown} & DANGEROUS
    assert not {unicodedata.bidirectional(character) for character in shown} & DIRECTIONAL
    assert len(shown) <= 100
    assert shown.splitlines() in ([shown], [])
    assert shown == shown.encode().decode()


def test_cleans_every_string_of_nested_data(hostile):
    data = clean_all({"a": [hostile, {"b": (hostile, 3, None, True)}]}, 50)
    expected = clean(hostile, 50)
    assert {"a": [expected, {"b": [expected, 3, None, True]}]} == data
