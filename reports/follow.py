"""What `backtest follow` says: the order, what was written, what has changed, and the forward record on its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.format import as_json, counted, dollars, number, percent, points, share, significant
from engine.analytics.answer.insurance import BLOCK
from engine.analytics.answer.words import Piece
from engine.follow.books import BOOKS
from engine.follow.follow import Followed
from engine.follow.forward_tests import ForwardTests
from engine.follow.log import LOG, Entry
from engine.follow.past import Finding
from engine.follow.promise import place_in
from engine.follow.record import ForwardRecord
from engine.runs.run import SIMULATED
from reports.document import Chart, Column, Document, Items, Paragraph, Part, Row, Section, Table, named
from reports.follow_tests import forward_json, forward_section, forward_terminal
from reports.renderers.html import write_document
from reports.renderers.terminal import show
from reports.signal import ALARMS

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 8
"""Changes that a terminal shows."""
CODE = {
    "code": "The engine's code",
    "strategy": "The strategy's code",
    "python": "Python",
    "accepted": "data.accept",
    "added": "The config's keys",
}
BAND_NOTE = (
    "Gap: log growth of the hedged book less that book's, since registration. Promised: where nine in ten gaps after so"
    f" many sessions lie in the backtest, resampled in blocks of {BLOCK} sessions; beside it between which of them this"
    " one lies."
)
EXITS = {
    "signal": "the signal is gone",
    "max_hold": "it was held as long as it may be",
    "stop_loss": "it lost as much as it may",
    "take_profit": "it gained what it is sold at",
}


def title_of(name: str, registered: Entry) -> str:
    """Return what a person calls a recorded book."""
    held = share(registered["held_less"])
    titles = {"hedged": "Hedged", "unhedged": "Doing nothing", "derisk_entry": "Sold at entry"}
    return titles.get(name, f"{held} held, the rest in cash")


def order_words(followed: Followed) -> str:
    """Return what is to be done in the next session, in a sentence."""
    last, order = followed.last, followed.order
    if last["books"]["hedged"] is None or last["books"]["hedged"]["equity"] <= 0.0:
        return f"The hedged book was ruined by {last['date']}: there is nothing to order."
    if order is None:
        return f"NOTHING TO DO in {last['next']}: the hedge is {'on' if _held(followed) else 'off'}, no order stands."
    if "trade" in order:
        trades = (f"{'buy' if n > 0 else 'sell'} {abs(n):,.6g} {name}" for name, n in order["trade"].items())
        return f"ORDER for {last['next']}: {', '.join(trades)}."
    weights = [f"{percent(weight)} {name}" for name, weight in order["hedges"].items()]
    does = "; ".join(dict.fromkeys(_does(name, action) for name, action in last["actions"].items()))
    return f"ORDER for {last['next']}: {does}: core to {percent(order['core'])} of equity, {', '.join(weights)}."


def _does(hedge: str, action: str) -> str:
    if action == "enter":
        return f"enter {hedge}"
    return f"leave {hedge}, {EXITS[action]}" if action in EXITS else "restate the weights"


def _held(followed: Followed) -> bool:
    last, core = followed.last, len(followed.past.first["terms"]["core_weights"])
    return any(list(last["books"]["hedged"]["shares"].values())[core:])


def written_words(followed: Followed) -> str:
    """Return what this call wrote into the log, in a sentence."""
    added, last = followed.added, followed.last
    if followed.registered:
        late = " It is late: the next session had opened." if last["late"] else ""
        return f"Registered at the close of {last['date']}: what comes after it is recorded by later calls.{late}"
    if not added:
        return f"No new close since {last['date']}: nothing to record."
    late = sum(entry["late"] for entry in added)
    span = added[0]["date"] if len(added) == 1 else f"{added[0]['date']} to {added[-1]['date']}"
    lateness = f", {late:,} of them late: the next session had opened" if late else ""
    return f"{counted(len(added), 'new close')} recorded, {span}{lateness}."


def change_words(finding: Finding) -> str:
    """Return what has changed, in a sentence."""
    return CHANGES[finding["what"]](finding, finding.get("was"), finding.get("is"))


def _bar_words(finding: Finding, was: Any, now: Any) -> str:
    return (
        f"{finding['instrument']} of {finding['date']}: {finding['column']} was {was!r} and is {now!r} in the data now;"
        " the record goes on with what it was."
    )


def _rebased_words(finding: Finding, _was: Any, _now: Any) -> str:
    factor = significant(finding["factor"], 6)
    return (
        f"{finding['instrument']}: all prices up to {finding['up_to']} are {factor} times what they were, as where a"
        " vendor adjusts the past for a split; the record goes on in the new shares."
    )


def _input_words(finding: Finding, _was: Any, _now: Any) -> str:
    return f"{finding['input']} is another now, as it was known at the close of {finding['date']} or before."


def _changed_signal(finding: Finding, was: Any, now: Any) -> str:
    said = f"was {_signal_words(was)} and would be {_signal_words(now)} now"
    return f"The signal of {finding['date']} {said}; the record goes on with what it was."


def _session_words(finding: Finding, was: Any, _now: Any) -> str:
    return f"{finding['date']}: {'the data have no bar of it any more' if was else 'the data have a bar of it now'}."


def _code_words(finding: Finding, was: Any, now: Any) -> str:
    return f"{CODE.get(finding['of'], finding['of'])} has changed: {_short(was)} before, {_short(now)} now."


def _log_words(_finding: Finding, was: Any, now: Any) -> str:
    gone = was - now
    whose = "line of {} is gone from its end" if gone == 1 else "lines of {} are gone from its end"
    return f"{gone:,} {whose.format(LOG)}: what closes they held is recorded again."


def _clock_words(finding: Finding, was: Any, now: Any) -> str:
    if "close" in finding:
        return f"The clock says {now}, which is before the close of {finding['close']}: that counts as late."
    return f"The clock was set back: the last line was written {was}, now it is {now}."


CHANGES = {
    "bar": _bar_words,
    "rebased": _rebased_words,
    "input": _input_words,
    "signal": _changed_signal,
    "session": _session_words,
    "code": _code_words,
    "log": _log_words,
    "clock": _clock_words,
}
"""How each kind of change is told."""


def _signal_words(signal: Mapping[str, Any] | None) -> str:
    given = signal or {}
    numbers = "" if given["intensity"] is None else " ".join(significant(each) for each in given["intensity"])
    actions = ", ".join(f"{hedge} {action}" for hedge, action in given["actions"].items())
    return f"{numbers} ({actions})" if numbers else actions


def _short(value: object) -> str:
    text = str(value or "nothing")
    return text if len(text) <= 24 else f"{text[:12]}..."


def shown_changes(found: tuple[Finding, ...]) -> list[Finding]:
    """Return the changes that are told: not that a bar's file differs beside the bar."""
    return [finding for finding in found if not finding.get("by_bars")]


def show_followed(
    console: Console, followed: Followed, record: ForwardRecord | None, tests: ForwardTests | None = None
) -> None:
    """Print the order, what was written, what has changed, and the record where it is asked for."""
    registered, changed = followed.past.first, shown_changes(followed.found)
    told = [change_words(finding) for finding in changed[:SHOWN]]
    more = [f"... and {len(changed) - SHOWN} more changes, in the log."] if len(changed) > SHOWN else []
    notes = [note for note in followed.notes if note not in _simulated(registered)]
    show(
        console,
        [
            Paragraph([Piece(registered["name"], "strong"), Piece(f"  {_since(registered)}")]),
            Paragraph(""),
            *(Paragraph(note, "alarm") for note in [*_simulated(registered), *_loud(notes)]),
            Paragraph(order_words(followed), "strong"),
            Paragraph(written_words(followed)),
            *(
                (Paragraph("CHANGED since it was recorded:", "alarm"), Items([*told, *more], "indented"))
                if told
                else ()
            ),
            *(Paragraph(remark, "warning") for remark in followed.remarks),
            *(Paragraph(note, "dek") for note in notes if not note.startswith(ALARMS)),
            *(() if record is None else _terminal(record)),
            *(() if record is None or tests is None else forward_terminal(record, tests)),
            Paragraph(""),
            named("Log:", followed.folder / LOG),
        ],
    )


def _loud(notes: list[str]) -> list[str]:
    return [note for note in notes if note.startswith(ALARMS)]


def _since(registered: Entry) -> str:
    return f"{registered['strategy']}, followed since the close of {registered['date']}"


def _simulated(registered: Entry) -> list[str]:
    hedge = registered["instruments"][len(registered["terms"]["core_weights"])]
    return [SIMULATED.format(hedge=hedge)] if registered["simulated"] else []


def _terminal(record: ForwardRecord) -> Iterator[Part]:
    yield Paragraph("")
    yield Paragraph(record_words(record), "strong")
    yield books_table(record)
    yield Paragraph(BAND_NOTE, "dek")
    for line in record.wrong:
        yield Paragraph(f"WRONG: {line}.", "alarm")


def record_words(record: ForwardRecord) -> str:
    """Return how long the record is and how much of it is live, in a sentence."""
    count = len(record.closes)
    if not count:
        return "The record is empty: no close has come since the registration."
    some = "all" if record.late == count > 1 else f"{record.late:,}"
    late = f"{some} of them written late" if record.late else "each written before the next session opened"
    changes = len(shown_changes(tuple(finding for _written, finding in record.changed)))
    past = f"; {counted(changes, 'change')} of the past told" if changes else ""
    return f"{counted(count, 'close')} since {record.dates[0]}, {late}{past}."


def books_table(record: ForwardRecord) -> Table:
    """Return each book's growth since registration, and the hedged book's gap to it beside what was promised."""
    columns = [
        *(Column(""), Column("growth", format=percent), Column("gap", format=lambda gap: percent(gap, sign=True))),
        *(Column("promised", wrap="never"), Column("it lies")),
    ]
    rows = []
    for name in BOOKS:
        grown = float(record.growth[name][-1]) - 1.0
        cells: list[Any] = [title_of(name, record.registered), grown]
        cells += ["", "", ""] if name == "hedged" else _gap_cells(record, name)
        rows.append(Row(cells, role="hedge" if name == "hedged" else ""))
    return Table("books", columns, rows, "dense")


def _gap_cells(record: ForwardRecord, name: str) -> list[Any]:
    gap, band = float(record.gap(name)[-1]), record.band(name)[-1]
    if len(record.dates) == 1 or np.isnan(band).any() or np.isnan(gap):
        return [gap, "-", ""]
    low, high = place_in(band, record.registered["promised"]["levels"], gap)
    ends = f"{percent(float(band[0]), sign=True)} to {percent(float(band[-1]), sign=True)}"
    return [gap, ends, f"{100 * low:.0f}-{100 * high:.0f} % of it"]


def write_follow_page(path: Path, followed: Followed, record: ForwardRecord, tests: ForwardTests) -> None:
    """Write the page: one file, read offline."""
    registered = record.registered
    marked = "SIMULATED " if registered["simulated"] else ""
    alarms = [*_simulated(registered), *_loud(list(followed.notes)), *(f"WRONG: {line}." for line in record.wrong)]
    shown = [(written, finding) for written, finding in record.changed if not finding.get("by_bars")]
    told = [f"{written[:10]}: {change_words(finding)}" for written, finding in shown]
    changed = f"{counted(len(told), 'change') if told else 'Nothing has changed'} since it was recorded"
    document = Document(
        f"{marked}{registered['name']}: the record since {registered['date']}",
        [
            Section("books", record_words(record), [books_table(record), Paragraph(BAND_NOTE, "dek")]),
            forward_section(record, tests),
            Section("gap", _gap_heading(record), _picture(record)),
            Section("orders", _orders_heading(record), [_orders(record)]),
            Section("changes", changed, [Items(told)]),
        ],
        note=" ".join(alarms),
        header=[Paragraph(order_words(followed), "strong"), Paragraph(_since(registered), "dek")],
        data={"simulated": registered["simulated"]},
        scripts=["follow"],
    )
    write_document(path, document)


def _gap_heading(record: ForwardRecord) -> str:
    beside, gap = title_of("held_less", record.registered), float(record.gap("held_less")[-1])
    if not record.closes or np.isnan(gap):
        return f"The hedged book against {beside}"
    return f"Since registration the hedged book grew {points(gap)} points beside {beside}"


def _picture(record: ForwardRecord) -> list[Part]:
    if not record.closes:
        return [Paragraph("There is no close yet.", "dek")]
    caption = (
        "Log growth of the hedged book less that of holding less, since registration. Shaded: where half and nine in"
        " ten of such gaps lie in the backtest; dashed their median. A ring is a close that was written late."
    )
    days = [str(day) for day in record.dates]
    data = {
        "days": days,
        "gap": as_json(record.gap("held_less").tolist()),
        "band": as_json(record.band("held_less").T.tolist()),
        "late": [entry["date"] for entry in record.closes if entry["late"]],
    }
    return [Chart("gap", "The gap in growth inside the promised band", caption, "tall", data)]


def _orders_heading(record: ForwardRecord) -> str:
    return f"{counted(len(_filled(record)), 'session')} in which the hedged book's orders filled"


def _filled(record: ForwardRecord) -> list[Entry]:
    return [entry for entry in record.closes if entry["books"]["hedged"] and entry["books"]["hedged"]["fills"]]


def _orders(record: ForwardRecord) -> Table:
    """Return the hedged book's fills, a row each."""
    columns = [
        *(
            Column("session"),
            Column("instrument", align="left"),
            Column("shares", format=lambda n: number(n, sign=True)),
        ),
        *(Column("price", format=lambda price: dollars(price, 2)), Column("decided", align="left")),
    ]
    before = dict(zip((entry["date"] for entry in record.closes), (record.registered, *record.closes), strict=False))
    rows = []
    for entry in _filled(record):
        decided = before[entry["date"]]
        late = ", written late" if decided.get("late") else ""
        for fill in entry["books"]["hedged"]["fills"]:
            cells = [entry["date"], fill["instrument"], fill["shares"], fill["price"], f"{decided['date']}{late}"]
            rows.append(Row(cells))
    return Table("orders", columns, rows)


def message_of(followed: Followed) -> tuple[str, str]:
    """Return the title and the body of a message about the order, or about the end of one."""
    registered = followed.past.first
    marked = "SIMULATED " if registered["simulated"] else ""
    what = "no order any more" if followed.order is None else f"order for {followed.last['next']}"
    changes = len(shown_changes(followed.found))
    told = f"{counted(changes, 'change')} of the past told: see the log." if changes else ""
    notes = _loud(list(followed.notes))
    body = "\n".join(filter(None, [order_words(followed), written_words(followed), told, *notes]))
    return f"{marked}{registered['name']}: {what}", body


def followed_json(
    followed: Followed, record: ForwardRecord | None, status: int, tests: ForwardTests | None = None
) -> dict[str, Any]:
    """Return a call's answer as plain values."""
    last = followed.last
    plain = {
        "folder": str(followed.folder),
        "name": followed.past.first["name"],
        "simulated": followed.past.first["simulated"],
        "registered": followed.registered,
        "date": last["date"],
        "next": last["next"],
        "order": followed.order,
        "says": order_words(followed),
        "added": [entry["date"] for entry in followed.added],
        "late": [entry["date"] for entry in followed.added if entry["late"]],
        "changed": [dict(finding) for finding in followed.found],
        "remarks": list(followed.remarks),
        "notes": list(followed.notes),
        "status": status,
    }
    if record is None:
        return plain
    return plain | {"record": _record_json(record) | ({} if tests is None else {"tests": forward_json(tests)})}


def _record_json(record: ForwardRecord) -> dict[str, Any]:
    gaps = {
        name: {"gap": float(record.gap(name)[-1]), "promised": record.band(name)[-1].tolist()} for name in BOOKS[1:]
    }
    found: dict[str, Any] = as_json(
        {
            "since": str(record.dates[0]),
            "closes": len(record.closes),
            "late": record.late,
            "growth": {name: float(grown[-1]) for name, grown in record.growth.items()},
            "gaps": gaps,
            "wrong": list(record.wrong),
        }
    )
    return found
