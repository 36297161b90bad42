"""What the anytime-valid tests of a forward record say: words, a table, a picture, and how they were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from data.format import as_json, counted, number, percent, share
from engine.analytics.answer.words import Piece
from engine.analytics.e_outlook import HORIZONS, Outlook
from engine.analytics.e_process import LEVEL, PAYS_NOT, EProcess
from engine.follow.forward_tests import EFFECT, ForwardTest, ForwardTests
from engine.follow.record import ForwardRecord
from reports.document import Cell, Chart, Column, Details, Items, Paragraph, Part, Row, Section, Table

ALARM = round(1.0 / LEVEL)
EVIDENCE = (
    f"Evidence: how many times over bets against chance would have grown; 1 says nothing, {ALARM} is an alarm. Where"
    f" there is nothing to find, at most {percent(LEVEL, 0)} of records ever come to one, however often one looks."
)
LUCK = (
    "In how many records in which there is nothing the evidence ever comes to as much: at most in so many (an"
    " anytime-valid p-value)."
)
LUMP = (
    "A hedge whose one large gain was in nobody's backtest looks like a loss until it comes: there"
    f" '{PAYS_NOT}' is said too often, and no test of what has been seen can help that (docs/alarms.md)."
)
BETS = (
    "Somebody begins with 1 and bets before each session that chance is all there is. Where it is, no way to bet makes"
    " more than that in the mean, whenever one stops. Each test bets for both sides; evidence is the mean of both, the"
    " word is that of the higher side at the first alarm, and it stays."
)
NULLS = (
    "When it hedged: bets against one mean, whatever it is, of the core's return less cash, on sessions with more of it"
    " given up and with less. Growth: bets against a mean of 0 of the hedged book's return less that of holding less."
    " The backtest says how large differences are as a rule, and nothing else of it counts."
)
MORE = (
    "The mathematics stand in docs/forward.md; how often the tests alarm on simulated markets, with something to find"
    " and without, in docs/alarms.md."
)
PAPERS = (
    "Ville (1939), Etude critique de la notion de collectif.",
    "Waudby-Smith and Ramdas (2024), Estimating means of bounded random variables by betting.",
    "Ramdas, Gruenwald, Vovk and Shafer (2023), Game-theoretic statistics and safe anytime-valid inference.",
    "J.P. Morgan and Reuters (1996), RiskMetrics: technical document.",
    "Schroedinger (1915), Zur Theorie der Fall- und Steigversuche an Teilchen mit Brownscher Bewegung.",
)
LONG = 100.0
"""Years beyond which it is only told that it takes longer."""


def forward_heading(record: ForwardRecord, tests: ForwardTests) -> str:
    """Return what both tests say, in a sentence."""
    if not len(tests.dates):
        return "There is no session to test yet"
    return ". ".join(f"{name}: {test.process.label}" for name, test in _named(record, tests))


def _named(record: ForwardRecord, tests: ForwardTests) -> list[tuple[str, ForwardTest]]:
    held = share(record.registered["held_less"])
    return [("When it hedged", tests.timing), (f"Growth beside {held} held", tests.gap)]


def forward_section(record: ForwardRecord, tests: ForwardTests) -> Section:
    """Return the tests' part of the page."""
    made = Details("How it was made", [*map(Paragraph, (BETS, NULLS, LUMP, MORE)), Items(PAPERS)], "tests-made")
    parts = [*_told(record, tests), *([_picture(tests)] if len(tests.dates) else []), made]
    return Section("tests", forward_heading(record, tests), parts)


def forward_terminal(record: ForwardRecord, tests: ForwardTests) -> Iterator[Part]:
    """Yield the tests' part of what a terminal shows."""
    yield Paragraph("")
    yield Paragraph(f"{forward_heading(record, tests)}.", "strong")
    yield from _told(record, tests)
    if tests.gap.process.label == PAYS_NOT:
        yield Paragraph(LUMP, "warning")


def _told(record: ForwardRecord, tests: ForwardTests) -> Iterator[Part]:
    if len(tests.dates):
        yield _table(record, tests)
        yield Paragraph(EVIDENCE, "dek")
    named = _named(record, tests)
    if len(tests.dates):
        for name, test in named:
            if test.process.why:
                yield Paragraph(f"{name}: {test.process.why}.", "dek")
    if tests.ruined is not None:
        yield Paragraph(f"The hedged book was ruined in {tests.ruined}: the tests end before it.", "warning")
    if tests.late:
        yield Paragraph(_late_words(named, tests))
    cut = sum(test.process.cut for _name, test in named)
    if cut:
        lumps = (
            "1 difference was so large that bets on it"
            if cut == 1
            else f"{cut:,} differences were so large that bets on them"
        )
        yield Paragraph(f"{lumps} were cut off.", "dek")
    yield Paragraph(outlook_words(tests))


def _late_words(named: list[tuple[str, ForwardTest]], tests: ForwardTests) -> str:
    count, total = tests.late, len(tests.dates)
    if count == total:
        return (
            f"In each of {counted(total, 'session')} the order was written down late: by the log alone nobody can tell"
            " that it was known before its fill."
        )
    told = [
        f"{name[0].lower()}{name[1:]} {test.on_time.label} (evidence {_grown(_last(test.on_time))})"
        for name, test in named
        if test.on_time is not None
    ]
    return (
        f"In {count:,} of {counted(total, 'session')} the order was written down late; without them: {', '.join(told)}."
    )


def outlook_words(tests: ForwardTests) -> str:
    """Return when an effect would show, in a sentence."""
    points = f"{100 * EFFECT:.0f} points a year"
    gap, timing = tests.gap.outlook.years, tests.timing.outlook.years
    return (
        f"What could be seen: a gap of {points} to holding less would show in {_years(gap)}, dates worth {points} in"
        f" {_years(timing)}, in half of all records."
    )


def _years(years: float) -> str:
    if years > LONG:
        return f"more than {LONG:.0f} years"
    return f"about {years:.0f} years" if years >= 1.5 else "about a year"


def _table(record: ForwardRecord, tests: ForwardTests) -> Table:
    named = _named(record, tests)
    columns = [
        Column(""),
        Column("says", align="left", wrap="never"),
        Column("evidence", format=_grown),
        Column("largest", format=_grown),
        Column("luck, at most", about=LUCK, format=lambda p: percent(p, 0)),
    ]
    alarmed = any(test.process.alarm is not None for _name, test in named)
    rows = []
    for name, test in named:
        process = test.process
        said = Cell([Piece("nothing yet" if process.why else process.label, "strong")])
        cells: list[Any] = [name, said, _last(process), float(process.largest[-1]), float(process.p[-1])]
        alarm = "none" if process.alarm is None else str(tests.dates[process.alarm])
        rows.append(Row([*cells, alarm] if alarmed else cells))
    if alarmed:
        columns.append(Column("alarm", align="left", wrap="never"))
    return Table("tests-table", columns, rows, "dense")


def _grown(e: float) -> str:
    return number(e) if e < 100.0 else f"{e:,.0f}" if e < 1e9 else "over a billion"


def _last(process: EProcess) -> float:
    return float(process.e[-1]) if len(process.e) else 1.0


def _picture(tests: ForwardTests) -> Chart:
    caption = (
        f"Evidence after each session, on a scale on which each doubling is as high; dashed is {ALARM}, the alarm. It"
        " falls where bets against chance lose."
    )
    data = {
        "days": [str(day) for day in tests.dates],
        "gap": as_json(tests.gap.process.e.tolist(), 6),
        "timing": as_json(tests.timing.process.e.tolist(), 6),
        "alarm": ALARM,
    }
    return Chart("evidence", "The evidence of both tests, session by session, and the alarm", caption, "low", data)


def forward_json(tests: ForwardTests) -> dict[str, Any]:
    """Return what the tests say as plain values; what is infinite is null."""
    plain = {
        "sessions": len(tests.dates),
        "late": tests.late,
        "ruined": tests.ruined,
        "timing": _test_json(tests, tests.timing),
        "gap": _test_json(tests, tests.gap),
    }
    found: dict[str, Any] = as_json(plain)
    return found


def _test_json(tests: ForwardTests, test: ForwardTest) -> dict[str, Any]:
    process, on_time = test.process, test.on_time
    return {
        **_process_json(process),
        "alarm": None if process.alarm is None else tests.dates[process.alarm],
        "without_late": None if on_time is None else _process_json(on_time),
        "would_show": _outlook_json(test.outlook),
    }


def _process_json(process: EProcess) -> dict[str, Any]:
    known = len(process.e) > 0
    return {
        "label": process.label,
        "why": process.why,
        "e": _last(process),
        "largest": float(process.largest[-1]) if known else 1.0,
        "p": float(process.p[-1]) if known else 1.0,
        "cut": process.cut,
    }


def _outlook_json(outlook: Outlook) -> dict[str, Any]:
    chances = {str(years): chance for years, chance in zip(HORIZONS, outlook.chances, strict=True)}
    return {"effect": outlook.effect, "half_within_years": outlook.years, "chance_within_years": chances}
