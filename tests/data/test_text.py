"""What a terminal would obey is written out, what is long is cut."""

import pytest

from data.text import HEAD, TAIL, one_line, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb\bc\x7fd\x9be\x00f\x07g", r"a\x0db\x08c\x7fd\x9be\x00f\x07g"),
        ("SOXX\u202eSXOS\u2066\u2069\u200f", r"SOXX\u202eSXOS\u2066\u2069\u200f"),
        ("zero\u200bwidth\ufeff\u2028", r"zero\u200bwidth\ufeff\u2028"),
        (b"f\xff.csv".decode("utf-8", "surrogateescape"), r"f\udcff.csv"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("Zürich 半導体 👩\u200d💻\ta\nb", "Zürich 半導体 👩\u200d💻\ta\nb"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text, seen):
    assert visible(text) == seen
    assert visible(seen) == seen
    visible(text).encode()


def test_every_control_character_is_written_out():
    held = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    assert {one for one in held if visible(one) == one} == {"\t", "\n"}


def test_a_line_is_one_line():
    assert one_line(" a\n\n  b\tc\r\x85d ") == r"a b c\x0d\x85d"


def test_a_long_line_keeps_its_ends_and_says_what_is_left_out():
    line = one_line("bad.csv:3: " + "x" * 50_000_000 + ": has to be a number")

    assert line.startswith("bad.csv:3: xxx")
    assert line.endswith("xxx: has to be a number")
    assert f"... ({50_000_031 - HEAD - TAIL:,} characters left out) ..." in line
    assert len(line) < HEAD + TAIL + 60
    assert one_line(line) == line
    assert one_line("x" * (HEAD + TAIL)) == "x" * (HEAD + TAIL)
