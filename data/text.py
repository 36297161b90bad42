"""Text that isn't ours, as a terminal may show it: what would steer it is written out, what is long is cut."""

from __future__ import annotations

import re

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters; tabs and ends of lines steer nothing
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # bidi, zero width
    "\ud800-\udfff]"  # bytes of a file's name that are no UTF-8
)
HEAD, TAIL = 1_500, 500
"""Characters that are left of a long line: its end says what to do."""
SPARED = 100
"""Characters that aren't worth leaving out; what is cut stays so."""


def visible(text: str) -> str:
    r"""Return a text with everything in it that steers a terminal, or isn't seen, written out: ``\x1b``, ``\u202e``."""
    return UNSEEN.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def abridge(text: str) -> str:
    """Return of a long text the beginning and the end, and how much there was between."""
    left_out = len(text) - HEAD - TAIL
    if left_out <= SPARED:
        return text
    return f"{text[:HEAD]} ... ({left_out:,} characters left out) ... {text[-TAIL:]}"


def one_line(text: str) -> str:
    """Return a text in one visible line, cut where it is long."""
    return visible(re.sub(r"[ \t\n]+", " ", abridge(text)).strip())
