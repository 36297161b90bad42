"""A document is a description: what a table's cells are as texts, and what a page's script reads."""

from data.format import percent
from engine.analytics.answer.words import Piece
from reports.document import Cell, Chart, Column, Custom, Details, Document, Link, Row, Section, Table, plain_text


def test_a_column_writes_its_values_and_leaves_texts_and_cells_alone():
    table = Table(
        "t", [Column("Book"), Column("CAGR", unit="a year", format=percent), Column("Note", align="left")], []
    )
    assert table.sides == ["left", "right", "left"]
    assert [column.head for column in table.columns] == ["Book", "CAGR, a year", "Note"]
    written = table.written(Row(["SOXS", 0.125, Cell("sure", "strong", "1 to 2")]))
    assert written == [Cell("SOXS"), Cell("12.5 %"), Cell("sure", "strong", "1 to 2")]
    assert [cell.text for cell in table.written(Row(["SOXS", None, ""]))] == ["SOXS", "-", ""]


def test_charts_bring_their_data_wherever_they_stand():
    folded = Details("more", [Chart("b", data=[2])])
    parts = [Chart("a", data=[1]), folded, Chart("shared"), Custom("x.html.j2", data={"c": [3]})]
    document = Document("title", [Section("s", "finding", parts)], header=[Chart("h", data=[0])], data={"days": 9})
    assert document.all_data() == {"days": 9, "h": [0], "a": [1], "b": [2], "c": [3]}


def test_pieces_read_as_one_sentence():
    assert plain_text([Piece("grew "), Piece("5 %", "number"), Link(" more", "page.html")]) == "grew 5 % more"
