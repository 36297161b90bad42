"""Documents in a terminal show what they are given, and obey none of it."""

from io import StringIO

from rich.console import Console

from reports.document import Cell, Column, Details, Heading, Items, Paragraph, Piece, Row, Table
from reports.renderers.terminal import show

EVIL = "\x1b[31m\x9b2J\r\u202e[bold][link=http://x]y[/link]"
SEEN = r"\x1b[31m\x9b2J\x0d\u202e[bold][link=http://x]y[/link]"


def test_every_part_shows_texts_as_they_are():
    table = Table("t", [Column(EVIL, wrap="never"), Column(EVIL, wrap="never")], [Row([EVIL, Cell(EVIL, detail=EVIL)])])
    marked = Table("t", [Column("", wrap="never")], [Row([Cell([Piece(EVIL)])], mark=EVIL)])
    parts = [Paragraph(EVIL), Paragraph([Piece(EVIL, "strong")], "path"), Heading(EVIL), Items([EVIL], "indented")]
    written = StringIO()

    show(Console(file=written, width=400, highlight=False), [*parts, table, Details("", [marked])])

    assert written.getvalue().count(SEEN) == 11
    assert not set("\x1b\x9b\r\u202e") & set(written.getvalue())
