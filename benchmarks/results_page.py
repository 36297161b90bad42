"""The words of docs/results.md: tables, the frontier, what a holder learns, and the day of the article."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from textwrap import fill

from rich.console import Console

from data.format import percent, share, signed
from engine.analytics.answer.digits import largest_remainder
from engine.analytics.answer.insurance import LEVEL, NOT_PAID, PAID
from engine.analytics.answer.timing import NO_SIGN
from engine.hedge_names import PARTS as OWN_PARTS
from engine.hedge_names import hedge_name, kept_names, modelled_note, run_title
from engine.inspection.session import Day
from engine.runs.run import Run
from reports.comparison_frontier import WIDE, described, draw_shared, shared_lines
from reports.comparison_rows import AnswerRow, adjusted_of, answer_rows, family_note, match_of
from reports.explain import show_day
from reports.renderers.html import write_page

WIDTH = 118
"""Characters of a line of prose."""
PARTS = ("exposure", "timing", "drift", "fund")
VERDICTS = ("run", "CAGR", "as safe, held", "that grew", "gap", f"{100 * LEVEL:.0f} % interval", "verdict")
SUMS = (
    *("run", "doing nothing", "exposure", "timing", "drift", "hedge's own", "the hedge"),
    *("timing", "p", "p adjusted", "hedge's own"),
)
OTHERS = ("run", "max drawdown", "bad quarter", "episodes", "sessions hedged", "closes net short", "look-ahead")
WORDS = """\
# What the shipped runs came to

{span}, {sessions:,} sessions. Doing nothing, SOXX held all the time, grew {cagr} a year with a maximum
drawdown of {drawdown} and a bad quarter {quarter} points below an average one. Made on {today} by
`{command}`; data {hashed}.

## What a holder learns

{lesson}

![Growth against how far a bad quarter falls short of an average one: every shipped run, and holding less]({picture})

## The verdict

{verdicts}

- *as safe, held*: the share of SOXX that, held all the time with the rest in bills, has bad quarters that fall as far
  short of an average one; 100 % where the run protected from nothing. *Gap*: the run's CAGR less that book's, in
  points, with its interval: the [verdict](verdict.md) rests on it.

## The sum

Points of CAGR between doing nothing and the hedge, and the two tests.

{sums}

- *exposure*: less SOXX while hedged, at random dates. *Timing*: the dates the signal chose instead. *Drift*: the hedge
  left to move between rebalancings. *Hedge's own*: SOXS, or what the run buys, instead of selling.
{family}{dear}

## Beside it

{others}

- *look-ahead*: what [`backtest lookahead`](lookahead.md) says.

These runs were chosen because market comment names such signals, not because they did well. They are {count} tries on
one history with few deep falls: the best of them is partly luck.{article}{notes}
"""
BY_PRICE = ", by price"
"""How the name of a run ends that goes by prices alone, beside the one that goes by a valuation of filings."""
DEAR = """

## Dear by earnings, and by price alone

{told}"""
ARTICLE = """

## The day of the article

The article behind `hedge_soxs_article` was written inside the session of {date}: SOXS at $2.47, up 3.64 %, on 196
million shares. The whole session, as traded then: open {opened:.2f}, high {high:.2f}, low {low:.2f}, close {close:.2f}
({change:+.2f} %), {volume:.1f} million shares. A run sees closes. What this one saw, by
`backtest explain hedge_soxs_article.yaml {date}`:

```text
{told}
```"""


@dataclass(frozen=True)
class Shipped:
    """A shipped run as the page takes it.

    Parameters
    ----------
    run
        As it is kept.
    remarks
        What its strategy remarks.
    proof
        What the proof that it doesn't look ahead found.
    ranked_from
        The session from which on it knows the rank of a valuation; None of one that reads none.
    """

    run: Run
    remarks: tuple[str, ...]
    proof: str
    ranked_from: str | None = None


def page(
    shipped: Mapping[str, Shipped], *, command: str, hashed: str, picture: str, lacking: Sequence[str], day: Day | None
) -> str:
    """Return the page.

    Parameters
    ----------
    shipped
        Runs by name.
    command, hashed
        How it was made, and on what data.
    picture
        The frontier's file.
    lacking
        What was left out and why, a sentence each.
    day
        The day of the article; None where it isn't in the history.
    """
    runs = {run_title(name, one.run.settings): one.run for name, one in shipped.items()}
    first = next(iter(runs.values()))
    rows, unhedged = answer_rows(runs), first.figures["controls"]["unhedged"]
    return WORDS.format(
        span=f"{first.sessions[0]} to {first.sessions[-1]}",
        sessions=len(first.sessions),
        cagr=percent(unhedged["cagr"]),
        drawdown=percent(unhedged["max_drawdown"]),
        quarter=_idle_quarter(runs),
        today=dt.datetime.now(tz=dt.UTC).date(),
        command=command,
        hashed=hashed,
        lesson=fill(lesson(runs, rows), WIDTH),
        picture=picture,
        verdicts=table(VERDICTS, [_verdict(name, runs[name], row) for name, row in rows.items()]),
        sums=table(SUMS, [_sum(name, row) for name, row in rows.items()]),
        family=fill(f"- *p* is two-sided, of that run alone. {family_note(runs)}", WIDTH, subsequent_indent="  "),
        dear=dear(shipped),
        others=table(OTHERS, [_other(run_title(name, one.run.settings), one) for name, one in shipped.items()]),
        count=len(runs),
        article="" if day is None else article(day),
        notes="".join(f"\n\n{remark}." for remark in (*_remarks(shipped), *lacking)),
    )


def lesson(runs: Mapping[str, Run], rows: Mapping[str, AnswerRow]) -> str:
    """Return what a holder learns of runs that have an answer, in a paragraph; its numbers are computed."""
    judged = {name: run for name, run in runs.items() if run.figures["answer"] is not None}
    if not judged:
        return "None of them has an answer."
    labels, count = [rows[name].label for name in judged], len(judged)
    paid, lost = labels.count(PAID), labels.count(NOT_PAID)
    end = (
        "So a holder who finds SOXX too risky sells a part of it; a signal has to beat that, and none here has been"
        " shown to."
        if not paid
        else "A holder who finds SOXX too risky can sell a part of it: that is what a signal has to beat."
    )
    first = (
        f"Of {count} hedges {paid or 'none'} paid, {lost or 'none'} did not, and of {count - paid - lost} this history"
        " can't tell."
    )
    return " ".join((first, _cost(judged), _dates(judged), _instead(judged), end))


def _cost(judged: Mapping[str, Run]) -> str:
    """Return what the hedges with the fund that most of them buy cost on average, part by part."""
    fewer = sum(run.figures["answer"]["sum"]["cagr"]["total"] < 0.0 for run in judged.values())
    start = f"{fewer} of {len(judged)} grew less than doing nothing."
    sums: dict[str, list[dict[str, float]]] = {}
    for run in judged.values():
        name, parts = hedge_name(kept_names(run.settings)), run.figures["answer"]["sum"]["cagr"]
        if name.part == OWN_PARTS["fund"] and None not in parts.values():
            sums.setdefault(name.noun, []).append(parts)
    if not sums:
        return start
    fund, whole = max(sums.items(), key=lambda item: len(item[1]))
    mean = {part: 100 * statistics.fmean(parts[part] for parts in whole) for part in ("total", *PARTS)}
    total = round(mean["total"], 1)
    told = dict(zip(PARTS, largest_remainder([mean[part] for part in PARTS], total), strict=True))
    small = ", the smallest part" if min(told, key=lambda part: abs(told[part])) == "fund" else ""
    return (
        f"{start} Of the {len(whole)} that buy {fund} the average was {signed(total)} points a year:"
        f" {signed(told['exposure'])} for owning less of a sector that rose, {signed(told['timing'])} for the dates,"
        f" {signed(told['drift'])} for letting the hedge move, and {signed(told['fund'])} for {fund} itself{small}."
    )


def _dates(judged: Mapping[str, Run]) -> str:
    """Return what can be said of the signals' dates."""
    signs = sum(run.figures["answer"]["timing"]["label"] != NO_SIGN for run in judged.values())
    least = min(test.p for test in adjusted_of(judged).values())
    return (
        f"{'No signal' if not signs else f'{signs} signals' if signs > 1 else 'One signal'} showed dates better or"
        f" worse than random ones; adjusted for {len(judged)} tries, the smallest p is {least:.2f}."
    )


def _instead(judged: Mapping[str, Run]) -> str:
    """Return what holding less would have brought."""
    matches = [match_of(run.figures) for run in judged.values()]
    shares = sorted(match.share for match in matches if match.share < 1.0)
    nothing = len(matches) - len(shares)
    idle = f", and {nothing} had no milder bad quarters than SOXX itself" if nothing else ""
    if not shares:
        return "None of them had milder bad quarters than SOXX itself."
    behind = sum(match.gap < 0.0 for match in matches)
    return (
        f"Bad quarters as mild come without any hedge, from {share(shares[0])} to {share(shares[-1])} SOXX held"
        f" all the time and bills: that grew more than {behind} of the {len(matches)} hedges{idle}."
    )


def dear(shipped: Mapping[str, Shipped]) -> str:
    """Return what runs by a valuation of filings came to beside the same by prices alone; nothing without such."""
    judged = {name: one for name, one in shipped.items() if one.run.figures["answer"] is not None}
    pairs = {name: (judged[name], judged[f"{name}{BY_PRICE}"]) for name in judged if f"{name}{BY_PRICE}" in judged}
    if not pairs:
        return ""
    names = " and ".join(_code(name) for name in pairs)
    more = [signed(100 * (one.run.figures["cagr"] - other.run.figures["cagr"])) for one, other in pairs.values()]
    labels = {each.run.figures["answer"]["timing"]["label"] for pair in pairs.values() for each in pair}
    sign = (
        "No dates of theirs, by either, show a sign against random ones, so that earnings can't be said to tell more "
        "than the price does."
        if labels == {NO_SIGN}
        else "The tests of their dates stand above, by either."
    )
    since = max(one.ranked_from or "" for one, _ in pairs.values())
    told = (
        f"{names} call the sector dear by the chip makers' price over trailing earnings, as their filings told it at "
        "each close ([data.md](data.md#what-a-valuation-of-filings-is)). The rows *by price* are the same by the price "
        "over its 200-session average, with no earnings in it. Their growth differs from those by "
        f"{' and '.join(more)} points a year. {sign} Filings begin in 2009 and three years are ranked: by earnings "
        f"nothing is dear before {since}, and through what fell until then those runs went unhedged."
    )
    return DEAR.format(told=fill(told, WIDTH, break_on_hyphens=False))


def article(day: Day) -> str:
    """Return what the bars and the signal say of the day of the article."""
    (bar,) = [bar for bar in day.bars if bar.instrument == "SOXS"]
    out = StringIO()
    show_day(Console(file=out, width=100), day)
    told = out.getvalue().partition("\nwhere the day's dollars")[0]
    return ARTICLE.format(
        date=day.date,
        opened=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        change=100 * (bar.made or 0.0),
        volume=(bar.volume or 0.0) / 1e6,
        told="\n".join(line.rstrip() for line in told.strip().splitlines()),
    )


def _idle_quarter(runs: Mapping[str, Run]) -> str:
    for run in runs.values():
        if run.figures["answer"] is not None:
            for dot in run.figures["answer"]["frontier"]["dots"]:
                if dot["name"] == "unhedged":
                    return f"{-100 * dot['bad_quarter']:.1f}"
    return "-"


def _code(name: str) -> str:
    """Return a run's name as Markdown has it, without its mark."""
    bare, comma, mark = name.partition(",")
    return f"`{bare}`{comma}{mark}"


def _verdict(name: str, run: Run, row: AnswerRow) -> tuple[str, ...]:
    grew = "-" if run.figures["answer"] is None else percent(match_of(run.figures).cagr)
    return _code(name), percent(run.figures["cagr"]), row.held, grew, row.gap, row.interval, row.label


def _sum(name: str, row: AnswerRow) -> tuple[str, ...]:
    parts = (row.unhedged, row.exposure, row.timing, row.drift, row.fund, row.hedged)
    return _code(name), *parts, row.when, row.p, row.adjusted, row.fund_label


def _other(name: str, kept: Shipped) -> tuple[str, ...]:
    told, answer = kept.run.figures, kept.run.figures["answer"]
    return (
        _code(name),
        percent(told["max_drawdown"]),
        "-" if answer is None else f"{100 * answer['insurance']['bad_quarter']:.1f}",
        f"{told['episodes']:,}",
        f"{told['sessions_hedged']:,}",
        "-" if answer is None else f"{answer['net_short']['closes']:,}",
        kept.proof,
    )


def _remarks(shipped: Mapping[str, Shipped]) -> list[str]:
    """Return how options are priced and what strategies say of what they read, each with the runs it is said of."""
    said: dict[str, list[str]] = {}
    for name, one in shipped.items():
        for remark in filter(None, (modelled_note(kept_names(one.run.settings)), *one.remarks)):
            said.setdefault(remark.removesuffix("."), []).append(_code(name))
    return [f"{remark} ({', '.join(names)})" for remark, names in said.items()]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join((f"| {' | '.join(heads)} |", f"|{'-|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)))


def write_picture(path: Path, runs: Mapping[str, Run]) -> None:
    """Write the frontier of the most runs that share a line as a picture of its own; none where no run has an answer.

    Parameters
    ----------
    path
        The SVG file to write.
    runs
        By what each is called.
    """
    shared = max(shared_lines(runs), key=lambda line: len(line.runs), default=None)
    if shared is not None:
        words = {"drawing": draw_shared(shared, WIDE), "described": described(shared)}
        write_page(path, "frontier_runs.svg.j2", words, None)
