"""One document in a terminal, in Markdown and as a page: the same words, as each medium sets them."""

from io import StringIO

from rich.console import Console

from engine.analytics.answer.words import Piece
from reports.document import Cell, Column, Details, Document, Heading, Items, Paragraph, Row, Section, Table
from reports.renderers.html import typeset, write_document
from reports.renderers.markdown import markdown
from reports.renderers.terminal import show

TABLE = Table(
    "books",
    [Column("Book"), Column("Growth", "CAGR.")],
    [
        Row(["all of them"], role="group"),
        Row(["it's [bold] <b>", "-5.0 %"], mark="SYNTHETIC"),
        Row(["b", Cell("1.0 %")]),
    ],
)
PARTS = [
    Heading("Books"),
    Paragraph([Piece("fell "), Piece("-5.0 %", "strong")], "dek"),
    TABLE,
    Details("More", [Items(["one", "two"])]),
]


def test_a_terminal_has_no_markup_and_sets_signs_close():
    out = StringIO()
    show(Console(file=out, width=60), PARTS)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert lines[:2] == ["Books", "fell -5.0 %"]
    assert lines[3].split() == ["all", "of", "them"]
    assert lines[4].split() == ["it's", "[bold]", "<b>", "SYNTHETIC", "-5.0%"]
    assert lines[-2:] == ["one", "two"]


def test_markdown_has_pipes_and_a_dash_a_sentence():
    text = markdown([*PARTS[:2], Table("t", TABLE.columns, TABLE.rows[1:]), Items(["one", "two"])])
    assert text.splitlines() == [
        *("### Books", "", "fell -5.0 %", ""),
        *("| Book | Growth |", "| --- | ---: |", "| it's [bold] <b> | -5.0 % |", "| b | 1.0 % |", ""),
        *("- one", "- two"),
    ]


def test_a_page_escapes_what_it_is_told_and_has_a_script_only_with_data(tmp_path):
    write_document(tmp_path / "page.html", Document("<title>", [Section("s", "It's -5 %", PARTS)], note="<note>"))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<title>&lt;title&gt;</title>" in page
    assert '<p id="note">&lt;note&gt;</p>' in page
    assert "<h2>It\u2019s \u22125\u202f%</h2>" in page
    assert "it\u2019s [bold] &lt;b&gt; <b>SYNTHETIC</b></td>" in page
    assert 'data-tip="CAGR."' in page
    write_document(tmp_path / "page.html", Document("t", data={"answer": 42}))
    assert '<script type="application/json" id="data">{"answer": 42}</script>' in (tmp_path / "page.html").read_text()


def test_typesetting_knows_a_minus_from_a_hyphen():
    assert typeset("-3.4 to 2012-05-25, -$5, year-end, it's 5 %") == (
        "\u22123.4 to 2012-05-25, \u2212$5, year-end, it\u2019s 5\u202f%"
    )
