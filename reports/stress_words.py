"""What a stress says in words: its books, its counts and its sentences, for page and terminal alike.

Texts are ASCII, as `engine.analytics.answer.words` has them; a page sets its own signs and spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from data.format import capital, counted, in_percent, lowered, percent, share
from engine.analytics.answer.digits import PRINTS_AS_NOTHING
from engine.analytics.answer.words import Names, Piece, names_of
from engine.hedge_names import MODELLED, SYNTHETIC, hedge_names, joined
from engine.provenance import index_note
from engine.runs.run import SIMULATED
from engine.stress.books import HEDGED, LESS, SOLD, UNHEDGED, Figures, Today, figures
from engine.stress.past import FALL, RALLY
from engine.stress.results import Replayed, Stress, path_rows
from reports.hedge_words import held_words

REBALANCED = "rebalanced "
"""How the keys of other rebalancings begin."""
LOW, END = "low", "end"
"""When a replay is looked at: at the low of its fall, and at its last close."""


class StressBook(NamedTuple):
    """A book as it is named and drawn.

    Parameters
    ----------
    key
        Its key among the books.
    title
        In tables.
    short, brief
        In pictures and sentences; on a phone and in a terminal.
    role
        ``hedge`` for the hedged book; its class in pictures.
    """

    key: str
    title: str
    short: str
    brief: str
    role: str


@dataclass(frozen=True)
class StressTold:
    """A stress with the words and figures that page and terminal share.

    Parameters
    ----------
    found
        What was found.
    """

    found: Stress

    @cached_property
    def names(self) -> Names:
        """What a person calls the parts of the run."""
        return names_of(self.found.today.past.config)

    @property
    def hedge(self) -> str:
        """What a sentence calls the hedged book."""
        return self.names.hedge.hedge

    @property
    def underlying(self) -> str:
        """What falls."""
        return self.found.today.past.market.underlying

    @property
    def marks(self) -> str:
        """What its figures are."""
        return ", ".join(marks_of(self))

    @cached_property
    def figures(self) -> Mapping[str, Mapping[str, Figures]]:
        """What each book came to in each replay, by the replay's name and the book's."""
        return {
            each.name: {book: figures(growth, each.turn) for book, growth in each.books.growth.items()}
            for each in self.found.replays
        }

    @cached_property
    def books(self) -> tuple[StressBook, ...]:
        """The books that are shown, the hedged one last; selling instead is left out where the hedge is just that."""
        less = self.found.today.share
        books = [StressBook(UNHEDGED, "Doing nothing", "doing nothing", "nothing", "idle")]
        if less is not None:
            held = f"{share(less)} {self.names.part}"
            books.append(StressBook(LESS, f"Holding {held}", f"holding {share(less)}", f"{share(less)} held", "less"))
        if not self.names.hedge.only_sells:
            what = self.names.selling
            books.append(StressBook(SOLD, f"{capital(what)} instead", f"{what} instead", what, "sold"))
        brief = MODELLED if self.names.hedge.modelled else "hedge"
        return (*books, StressBook(HEDGED, self.names.hedge.title, self.hedge, brief, "hedge"))

    @property
    def others(self) -> list[StressBook]:
        """Those of the books that the hedge may end behind: doing nothing, and holding less."""
        return [book for book in self.books if book.key in (UNHEDGED, LESS)]

    @property
    def falls(self) -> list[Replayed]:
        """The falls that were replayed."""
        return [each for each in self.found.replays if each.kind == FALL]

    @property
    def rallies(self) -> list[Replayed]:
        """The rallies that were replayed."""
        return [each for each in self.found.replays if each.kind == RALLY]

    @property
    def scenarios(self) -> list[Replayed]:
        """All other replays: sessions from a month on, standing still, scenarios of one's own."""
        return [each for each in self.found.replays if each.kind not in (FALL, RALLY)]

    def came(self, each: Replayed, book: str, when: str) -> float:
        """Return what a book came to in a replay, a fraction of what it is worth today."""
        came = self.figures[each.name][book]
        return came.turn if when == LOW else came.end

    def ahead(self, replays: Sequence[Replayed], other: str, when: str) -> tuple[int, int]:
        """Return in how many replays the hedged book was ahead of another, and in how many both print alike."""
        apart = [self.came(each, HEDGED, when) - self.came(each, other, when) for each in replays]
        level = sum(abs(gap) < PRINTS_AS_NOTHING for gap in apart)
        return sum(gap >= PRINTS_AS_NOTHING for gap in apart), level

    @cached_property
    def on_paths(self) -> Mapping[tuple[str, str], Mapping[str, float]]:
        """What a book came to on the paths, by ``all`` or ``fell``, and the book."""
        return {(row["paths"], row["book"]): row for row in path_rows(self.found)}

    @property
    def behind(self) -> float | None:
        """The share of paths on which the hedged book ends behind doing nothing; None without paths."""
        return self.on_paths["all", HEDGED]["behind_unhedged"] if self.found.drawn else None

    @cached_property
    def calendars(self) -> tuple[tuple[str, str, bool], ...]:
        """The other rebalancings: what each is called, its key, and whether it came to what the run's own did."""
        sets = [each.books.growth for each in self.found.replays]
        sets += [self.found.drawn.books.growth] if self.found.drawn else []
        keys = [key for key in sets[0] if key.startswith(REBALANCED)] if sets else []
        keys = [key for key in keys if all(key in books for books in sets)]
        return tuple(
            (
                capital(key.removeprefix(REBALANCED)),
                key,
                all(np.array_equal(books[key], books[HEDGED]) for books in sets),
            )
            for key in keys
        )

    def median(self, replays: Sequence[Replayed], book: str, when: str) -> float:
        """Return the median of what a book came to in some replays."""
        return float(np.median([self.came(each, book, when) for each in replays]))

    @property
    def bands(self) -> bool:
        """Whether any replay's fund is modelled, so that an error band is shown."""
        return any(not np.array_equal(*each.edges) for each in self.found.replays)


def moved(each: Replayed, when: str) -> float:
    """Return what the underlying did up to a fall's low, or to the end, a fraction."""
    return each.move if when == LOW else float(each.books.underlying[-1] - 1.0)


def marks_of(told: StressTold) -> list[str]:
    """Return what its figures are."""
    simulated = told.found.today.past.market.simulated
    return ["SIMULATED"] * simulated + [MODELLED] * told.names.hedge.modelled + [SYNTHETIC]


def alarm_of(told: StressTold) -> str:
    """Return what has to be read before the figures: that the market is made up, or an index; nothing else."""
    past = told.found.today.past
    made_up = SIMULATED.format(hedge=told.names.hedge.noun) if past.market.simulated else ""
    return " ".join(filter(None, (made_up, index_note(past.config, past.market.source.name))))


def standing(told: StressTold) -> list[str]:
    """Return what the book is and holds: the run, its last close, its hedge."""
    past, today = told.found.today.past, told.found.today
    return [f"{past.config.name}, {today.label}", f"last close {past.last}", _held(today)]


def provenance(told: StressTold) -> list[str]:
    """Return what history is behind it; nothing of a market that is made up, which says so already."""
    market = told.found.today.past.market
    made = f", but for {SYNTHETIC} bars of {joined(list(market.synthetic))}" if market.synthetic else ""
    return [] if market.simulated else [f"real history behind it{made}"]


def _held(today: Today) -> str:
    config, roles = today.past.config, today.past.market.roles
    columns = [[role.leg for role in roles.hedges].index(leg) for leg in range(len(config.legs))]
    weights = [abs(float(today.weights[column])) for column in columns]
    each = zip(config.legs, hedge_names(config), weights, strict=True)
    held = [held_words(config, leg, name.noun, percent(weight)) for leg, name, weight in each if weight > 0.0]
    return f"hedge on: {joined(held)}" if held else "hedge off"


def question(told: StressTold) -> str:
    """Return what is asked."""
    return f"If {told.underlying} falls again, what becomes of this book?"


def headline(told: StressTold) -> str:
    """Return the answer in a few words, with what its figures are before it."""
    return f"{told.marks}: {lowered(_headline(told))}"


def _headline(told: StressTold) -> str:
    falls = told.falls
    if falls:
        count, _level = told.ahead(falls, UNHEDGED, END)
        return f"Ahead in {count} of {counted(len(falls), 'fall')}."
    if told.behind is not None:
        return f"Behind on {share(told.behind)} of the paths."
    count, _level = told.ahead(told.found.replays, UNHEDGED, END)
    return f"Ahead in {count} of {counted(len(told.found.replays), 'scenario')}."


def lead(told: StressTold) -> list[Piece]:
    """Return the sentences that carry the answer, in pieces."""
    pieces: list[Piece] = []
    if falls := told.falls:
        start = f"At the low of a fall {told.hedge} was ahead of "
        pieces += [Piece(start), *_counts(told, falls, LOW, named=True), Piece("; at its end, ")]
        pieces += [*_counts(told, falls, END, named=False), Piece(".")]
    elif told.found.replays:
        start = f"At the end {told.hedge} was ahead of "
        pieces += [Piece(start), *_counts(told, told.found.replays, END, named=True), Piece(".")]
    if told.behind is not None and told.found.drawn is not None:
        part = float(told.found.drawn.fell.mean())
        fell = f"{f'{share(part)} fall' if part else 'none falls'} by {in_percent(-told.found.drawn.fall)}"
        start = f"On {counted(len(told.found.drawn.fell), 'path')} from today on, of which {fell}, it ends behind"
        pieces += [
            Piece(f"{' ' if pieces else ''}{start} doing nothing on "),
            Piece(share(told.behind), "hedge"),
            Piece("."),
        ]
    return pieces or [Piece("No scenario could be run.")]


def _counts(told: StressTold, replays: Sequence[Replayed], when: str, *, named: bool) -> Iterator[Piece]:
    """Yield in how many replays the hedge is ahead of doing nothing and of holding less."""
    for place, book in enumerate(told.others):
        count, level = told.ahead(replays, book.key, when)
        of = f" of {len(replays)}" if named and not place else ""
        held = book.title[:1].lower() + book.title[1:]
        yield Piece(f"{' and ' if place else ''}{'of ' if named and place else ''}{f'{held} in ' if named else 'in '}")
        yield Piece(f"{count}{of}", "hedge")
        if level:
            yield Piece(f" (level in {level})")


def meaning(told: StressTold) -> str:
    """Return what its figures are and are not."""
    few, ends = "", f" A fall ends at a new peak, or {told.underlying} 40 % above its low."
    if refused := len(told.found.refused):
        few = f" {refused} of {refused + len(told.falls) + len(told.rallies)} falls and rallies can't be replayed."
    return (
        "Nothing here is a forecast: days of history come again behind the last close, and the strategy decides and"
        f" trades on them by its own rules.{ends if told.falls else ''}{few}"
    )


def falls_finding(told: StressTold) -> str:
    """Return between what both books had lost at the lows of the falls."""
    ranges = [between([told.came(each, book, LOW) for each in told.falls]) for book in (HEDGED, UNHEDGED)]
    return f"At the lows {told.hedge} stood at {ranges[0]}, doing nothing at {ranges[1]}"


def between(values: Sequence[float]) -> str:
    """Write the lowest and the highest of some fractions: ``-49.0 to -10.6 %``."""
    low, high = (percent(pick(values)) for pick in (min, max))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def rallies_finding(told: StressTold) -> str:
    """Return how far the hedge was from doing nothing at the ends of the rallies."""
    gaps = [100.0 * (told.came(each, HEDGED, END) - told.came(each, UNHEDGED, END)) for each in told.rallies]
    low, high = min(gaps), max(gaps)
    where = "the sharpest rallies" if len(gaps) > 1 else "a sharp rally"
    if high <= 0.0:
        gap = f"{-high:.1f} to {-low:.1f}" if len(gaps) > 1 else f"{-low:.1f}"
        return f"In {where} it ended {gap} points behind doing nothing"
    if low >= 0.0:
        gap = f"{low:.1f} to {high:.1f}" if len(gaps) > 1 else f"{low:.1f}"
        return f"In {where} it ended {gap} points ahead of doing nothing"
    return f"In {where} it ended between {-low:.1f} points behind doing nothing and {high:.1f} ahead"


def fan_finding(told: StressTold) -> str:
    """Return between what half of the paths end."""
    ends = [_half(told.on_paths["all", book]) for book in (HEDGED, UNHEDGED)]
    return f"Half of the paths end between {ends[0]}; doing nothing, between {ends[1]}"


def _half(row: Mapping[str, float]) -> str:
    return f"{percent(row['end_25'])} and {percent(row['end_75'])}"


def fell_finding(told: StressTold) -> str:
    """Return what the paths that fell came to, or that none did."""
    drawn = told.found.drawn
    if drawn is None:
        return ""
    fall, of = in_percent(-drawn.fall), f"{int(drawn.fell.sum()):,} of {len(drawn.fell):,} paths"
    if not drawn.fell.any():
        return f"None of {counted(len(drawn.fell), 'path')} fell by {fall}"
    ends = [percent(told.on_paths["fell", book]["end_50"]) for book in (HEDGED, UNHEDGED)]
    return f"On the {of} that fell by {fall}: {ends[0]} in the middle; doing nothing, {ends[1]}"


def reverse_sentence(told: StressTold, book: StressBook) -> str:
    """Return at which falls and after which chops most paths end behind a book."""
    reverse = told.found.reverse
    assert reverse is not None  # noqa: S101  # asked for only with one
    falls, chops = reverse.behind(book.key)
    after = _chops_words([int(tried.at) for tried in reverse.chops], [int(count) for count in chops])
    held = book.title[:1].lower() + book.title[1:]
    if not falls and not chops:
        return f"At no fall and after no chop that was tried do most paths end behind {held}"
    if not falls:
        return f"At no fall that was tried do most paths end behind {held}, but {after}"
    at = _falls_words([tried.at for tried in reverse.falls], falls)
    return f"Most paths end behind {held} {at} over {counted(reverse.sessions, 'session')}, and {after}"


def runs_of(tried: Sequence[float], met: Sequence[float]) -> list[tuple[int, int]]:
    """Return the stretches of what was tried that were met: the places of the first and the last of each."""
    places = np.flatnonzero(np.isin(tried, met))
    return [
        (int(run[0]), int(run[-1])) for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(run)
    ]


def _falls_words(tried: Sequence[float], met: Sequence[float]) -> str:
    if len(met) == len(tried):
        return f"at every fall that was tried, {_percents(tried)}"
    found = []
    for first, last in runs_of(tried, met):
        if not first:
            found.append(f"of up to {in_percent(-tried[last])}")
        elif last == len(tried) - 1:
            found.append(f"of {in_percent(-tried[first])} and more")
        else:
            found.append(f"of {_percents(tried[first : last + 1])}")
    return f"at falls {joined(found)}"


def _percents(falls: Sequence[float]) -> str:
    ends = list(dict.fromkeys(in_percent(-falls[place]) for place in (0, -1)))
    return " to ".join(end.removesuffix(" %") for end in ends) + " %"


def _chops_words(tried: Sequence[int], met: Sequence[int]) -> str:
    if not met:
        return "after no chop that was tried"
    found = []
    for first, last in runs_of(tried, met):
        ends = dict.fromkeys((tried[first], tried[last]))
        found.append(f"of {' to '.join(map(str, ends))}")
    every = ", all that were tried" if len(met) == len(tried) else ""
    return f"after chops {joined(found)} sessions{every}"


def rebalanced_finding(told: StressTold) -> str:
    """Return how far apart the rebalancings are."""
    keys = [key for _title, key, _own in told.calendars]
    if told.falls:
        ends = [told.median(told.falls, key, END) for key in keys]
        return f"Rebalanced otherwise, the median fall ends at {between(ends)}"
    if told.found.drawn is not None:
        ends = [told.on_paths["all", key]["end_50"] for key in keys]
        return f"Rebalanced otherwise, the median path ends at {between(ends)}"
    return "Rebalanced otherwise"
