"""Yahoo's daily history, made as traded again. The only module that imports yfinance, and it does so when asked.

Yahoo rescales prices, volumes and dividends for every later split. Undone with its own events, a price is the adjusted
one times all later splits (new shares per old), a volume is divided by them, a dividend is in its day's share basis.
"""

from __future__ import annotations

import datetime as dt
import logging
import socket
import threading
import urllib.parse
import urllib.request
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from data.arrays import Dates, Floats, among
from data.bars import PRICES, Bars, later_splits
from data.calendar import nyse_sessions
from data.errors import DataError, did_you_mean
from data.families import FUNDS
from data.series import Series
from data.sources import BARS, SERIES, Kind
from data.sources.vendor import Ask, Fetched

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "yahoo", "Yahoo"
KNOWN: Collection[str] = ()
"""It is meant wherever no other vendor is."""
LAG = 0
NEW_YORK = ZoneInfo("America/New_York")
SETTLED = dt.time(16, 15)
"""New York's time from which a day's bar is taken for finished: the closing auction is printed, and VIX has closed."""
HOST = "query2.finance.yahoo.com"
"""Whom yfinance asks for prices."""
TIMEOUT = 30.0
"""Seconds that one request may take."""
EARLIEST = np.datetime64("1900-01-01", "D")
FLOAT = 2.0**-24
"""How far a 32-bit float may be off, relative to what it stands for."""
PRINTED = 1e-6
"""The step in which Yahoo prints dividends, and rescaled prices."""
STEPS, SCALES = np.array([1e-6, 1e-5, 1e-4, 1e-3]), np.array([1e6, 1e5, 1e4, 1e3, 1e2])
"""How far a figure may be off for each number of decimals, six to two, and ten to its power."""
COUNTED = 10
"""Rescaled shares from which a volume is kept, since it is printed whole: below, it would be off by over 5 percent."""


@dataclass(frozen=True)
class Actions:
    """What happened to a share, each on its own day.

    Parameters
    ----------
    split
        New shares per old share.
    dividend
        Dollars a share, split-adjusted as Yahoo gives them, capital gains included.
    notes
        What was assumed of them.
    """

    split: dict[np.datetime64, float]
    dividend: dict[np.datetime64, float]
    notes: tuple[str, ...]


def way_out(seconds: float) -> str | None:
    """Return why Yahoo can't be connected to, in so many seconds at most; None where it can.

    Where the environment names a proxy, that is what has to answer. Nothing is asked of either.
    """
    proxies = urllib.request.getproxies_environment()
    proxy = proxies.get("https") or proxies.get("all")
    if proxy is None or urllib.request.proxy_bypass(HOST):
        address = HOST, 443
    else:
        try:
            named = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            address = named.hostname or "", named.port or (443 if named.scheme == "https" else 80)
        except ValueError:  # of a port that is none
            return "the proxy of the environment has no such port"
    return _unconnected(address, seconds)


def _unconnected(address: tuple[str, int], seconds: float) -> str | None:
    """Return why there is no connection; a name that nobody resolves is waited for no longer either."""
    said = [f"no answer in {seconds:g} s"]

    def connect() -> None:
        try:
            socket.create_connection(address, seconds).close()
            said.clear()
        except TimeoutError:
            pass
        except (OSError, ValueError) as error:  # of a host's name that can be none
            said[0] = getattr(error, "strerror", None) or str(error)

    trying = threading.Thread(target=connect, daemon=True)
    trying.start()
    trying.join(seconds)
    return next(iter([*said]), None)  # a copy: the thread may still be at it


def version() -> str:
    """Return what reads Yahoo, with its version."""
    import yfinance

    return f"yfinance {yfinance.__version__}"


def kind_of(symbol: str) -> Kind[Any]:
    """Return what a symbol is kept as: an index as a series of its closes, anything else as bars."""
    return SERIES if symbol.startswith("^") else BARS


def session(identity: str | None) -> Ask:
    """Return what asks Yahoo throughout one pull."""
    del identity
    return ask


def ask(symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None) -> Fetched[Any]:
    """Fetch a symbol's daily history as what it is kept as; raises as `fetch` does."""
    fetched = fetch(symbol, first, now, noted)
    if kind_of(symbol) == BARS:
        return fetched
    bars = fetched.thing
    prices = {"open": bars.open, "high": bars.high, "low": bars.low}
    return Fetched(Series(symbol, bars.dates, bars.close, prices=prices), fetched.notes, fetched.passing, fetched.ahead)


def fetch(
    symbol: str, first: np.datetime64 | None, now: dt.datetime, noted: np.datetime64 | None = None
) -> Fetched[Bars]:
    """Fetch a symbol's daily history.

    Parameters
    ----------
    symbol
        As Yahoo writes it; one that begins with ``^`` is an index.
    first
        The first day to fetch; ``None`` for all there is.
    now
        The time, with its zone: a bar of today counts as finished from a quarter past four in New York.
    noted
        Rows up to this day are left out without a note: they had one when they came.

    Returns
    -------
    Fetched of Bars
        Known at each session's close. No NaN: a row without all four prices is left out. An index is on its own days,
        its volume what Yahoo makes of it.

    Raises
    ------
    ConnectionError
        Yahoo refused, broke off, or answered with something unreadable: it may be tried again.
    DataError
        It can't be reached, knows no such symbol, or has nothing of it.
    """
    today = now.astimezone(NEW_YORK)
    frame, events = _download(symbol, first, today)
    index = symbol.startswith("^")
    bars = _as_traded(symbol, frame, events)
    priced = np.isfinite([getattr(bars, name) for name in PRICES]).all(axis=0) & (index | ~(bars.close <= 0))
    finished = bars.dates < np.datetime64(today.date() + dt.timedelta(days=today.time() >= SETTLED), "D")
    held = np.full(len(bars), fill_value=True)
    if len(bars) and not index:
        held = among(bars.dates, nyse_sessions(bars.dates[0], bars.dates[-1]))
    kept = priced & finished & held
    if not kept.any():
        raise DataError(_nothing(symbol, first))
    undone = f"made as traded by undoing {len(events.split)} {_many('split', len(events.split))}"
    notes = (*((undone,) if events.split and noted is None else ()), *events.notes)
    if kept.all():
        return Fetched(bars, notes, (), 1.0)
    news = np.isin(bars.dates, _days(frame.index)) & (bars.dates > (EARLIEST if noted is None else noted))
    notes += _left_out("without prices", bars.dates[news & ~priced & finished & held])
    notes += _left_out("on days without a session of the NYSE", bars.dates[news & finished & ~held])
    passing = tuple(f"today's bar ({day}) is left out: it isn't finished" for day in bars.dates[news & ~finished])
    ahead = float(np.prod(bars.split[np.flatnonzero(kept)[-1] + 1 :]))
    return Fetched(bars.onto(bars.dates[kept]), notes, passing, ahead)


def _left_out(what: str, dates: Dates) -> tuple[str, ...]:
    """Return the note of how many rows were left out, and which."""
    if not len(dates):
        return ()
    which = ", ".join(map(str, dates)) if len(dates) <= 3 else f"{dates[0]} to {dates[-1]}"
    return (f"{len(dates)} {_many('row', len(dates))} {what} left out: {which}",)


def _many(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _download(symbol: str, first: np.datetime64 | None, today: dt.datetime) -> tuple[pd.DataFrame, Actions]:
    """Return what yfinance returns, and the events on their own days; raises as `fetch` does."""
    try:
        import yfinance
    except ModuleNotFoundError:
        raise DataError("yfinance isn't installed: pip install yfinance") from None
    # The day after today, so that a split of today is there before its first trade.
    span: dict[str, Any] = {"end": today.date() + dt.timedelta(days=1)}
    span |= {"period": "max"} if first is None else {"start": str(first)}
    with _silenced(yfinance):
        ticker = yfinance.Ticker(symbol)
        # yfinance would ask Yahoo for it by one more request, and keep it in a database. It reads `start` by it.
        ticker._tz = NEW_YORK.key  # noqa: SLF001
        try:
            frame = _history(ticker, span)
        except Exception as error:  # noqa: BLE001  # whatever it stumbles over in an answer that it can't read
            raise _meant(symbol, error, ticker, first) from None
        # Its table has an event of a day without a row in the row before, where a split is a day too early.
        history = ticker._price_history  # noqa: SLF001
        return frame, _events(history._splits, history._dividends, history._capital_gains)  # noqa: SLF001


def _history(ticker: Any, span: dict[str, Any]) -> pd.DataFrame:
    """Ask; where yfinance's database of cookies fails (it is locked, or damaged), ask again without it."""
    asked = {**span, "auto_adjust": False, "actions": True, "keepna": True, "timeout": TIMEOUT}
    try:
        return ticker.history(**asked)
    except Exception as error:
        if not type(error).__module__.startswith("peewee"):
            raise
    from yfinance import cache

    cache._CookieCacheManager._Cookie_cache = cache._CookieCacheDummy()  # noqa: SLF001
    return ticker.history(**asked)


@contextmanager
def _silenced(yfinance: Any) -> Iterator[None]:
    """Let yfinance raise what goes wrong, and say nothing itself."""
    logger, debug = logging.getLogger("yfinance"), yfinance.config.debug
    was = logger.disabled, debug.hide_exceptions
    logger.disabled, debug.hide_exceptions = True, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled, debug.hide_exceptions = was


def _meant(symbol: str, error: Exception, ticker: Any, first: np.datetime64 | None) -> Exception:
    """Return what an error of yfinance means: DataError where asking again is useless, else ConnectionError."""
    from yfinance import exceptions

    words = " ".join(str(error).split("See https://curl")[0].split()).rstrip(". ")
    if isinstance(error, exceptions.YFRateLimitError):
        return ConnectionError("Yahoo refuses for now (429, too many requests)")
    if isinstance(error, exceptions.YFPricesMissingError):
        known = bool(ticker._price_history._history_metadata.get("symbol"))  # noqa: SLF001
        return _missing(symbol, error.yahoo_reason, first, known=known)
    if "resolve" in words:
        return DataError(f"Yahoo can't be reached: {words}: are you online?")
    if isinstance(error, OSError):
        return ConnectionError(f"Yahoo can't be reached: {words}")
    return ConnectionError(f"Yahoo's answer can't be read ({type(error).__name__}: {words})")


def _missing(symbol: str, reason: str | None, first: np.datetime64 | None, *, known: bool) -> Exception:
    """Return what an answer without prices means: its reason in Yahoo's words, and whether it knew the symbol."""
    if reason is not None and "No data found" in reason:
        return DataError(_unknown(symbol))
    if (reason is None and known) or (reason is not None and "Data doesn't exist" in reason):
        return DataError(_nothing(symbol, first))
    return ConnectionError(f"Yahoo refuses for now ({reason or 'its answer holds nothing'})")


def _nothing(symbol: str, first: np.datetime64 | None) -> str:
    since = "" if first is None else f" from {first} on"
    return f"{symbol}: Yahoo has no prices{since}: ask for another symbol, or for an earlier day"


def _unknown(symbol: str) -> str:
    funds = {*FUNDS, *(fund.underlying for fund in FUNDS.values())}
    hint = did_you_mean(symbol, funds - {symbol})
    return f"{symbol}: Yahoo knows no such symbol{hint}: an index has a caret (^VIX), a series of FRED is fred:NAME"


def _events(splits: Any, dividends: Any, gains: Any) -> Actions:
    """Read yfinance's series of events, put together by day."""
    notes = []
    if "currency" in getattr(dividends, "columns", ()):  # a table, where dividends come in another currency than prices
        notes.append(f"dividends in {', '.join(sorted(set(dividends['currency'])))}, as Yahoo gives them")
        dividends = dividends["Dividends"]
    split: dict[np.datetime64, float] = {}
    for day, ratio in zip(_days(splits.index), splits, strict=True):
        split[day] = split.get(day, 1.0) * float(ratio)
    paid: dict[np.datetime64, float] = {}
    for day, amount in zip(_days(dividends.index), dividends, strict=True):
        paid[day] = paid.get(day, 0.0) + float(amount)
    for day, amount in zip(_days(gains.index), gains, strict=True):
        # Yahoo adds a capital gain to that day's dividend and lists it again (yfinance, issue 2666).
        within = paid.get(day, 0.0) >= amount
        paid[day] = paid.get(day, 0.0) + (0.0 if within else float(amount))
        notes.append(
            f"{day}: the capital gains distribution counts as a dividend" + ", which holds it already" * within
        )
    return Actions(split, paid, tuple(notes))


def _days(index: Any) -> Dates:
    """Return the days of an index of moments, in the exchange's own zone."""
    if not len(index):
        return np.zeros(0, dtype="datetime64[D]")
    days: Dates = index.tz_localize(None).to_numpy().astype("datetime64[D]")
    return days


def _as_traded(symbol: str, frame: pd.DataFrame, events: Actions) -> Bars:
    """Return a bar for every row and for every day with an event, split adjustment undone; NaN where no price is."""
    rows = _days(frame.index)
    happened = np.array([*events.split, *events.dividend], dtype="datetime64[D]")
    dates = rows if len(rows) and among(happened, rows).all() else np.union1d(rows, happened)
    split, paid = np.ones(len(dates)), np.zeros(len(dates))
    split[np.searchsorted(dates, list(events.split))] = list(events.split.values())
    paid[np.searchsorted(dates, list(events.dividend))] = list(events.dividend.values())
    later = later_splits(split)
    times = np.append(np.cumsum((split != 1.0)[::-1])[::-1][1:], 0)
    at = np.searchsorted(dates, rows)
    columns = {}
    for name in (*PRICES, "volume"):
        columns[name] = np.full(len(dates), np.nan)
        columns[name][at] = frame[name.title()].to_numpy(dtype=np.float64)
    for name in PRICES:
        columns[name] = _rounded(columns[name], later, times)
    lost = (columns["volume"] < COUNTED) & (later < 1.0)
    columns["volume"] = np.where(lost, 0.0, np.round(columns["volume"] / later))
    return Bars(symbol, dates, **columns, dividend=_rounded(paid, later, times), split=split)


def _rounded(adjusted: Floats, later: Floats, times: Floats) -> Floats:
    """Return dollars as traded, rounded to as many decimals as the vendor's figures bear, from a cent to six.

    A figure was kept as a 32-bit float, rescaled at each later split, and printed in steps of a millionth: what
    it can be off by is less than half of the last decimal that is left, so that cents come back exactly.

    Parameters
    ----------
    adjusted
        Dollars, split-adjusted, shape (rows,); NaN stay.
    later
        The product of all later splits, shape (rows,).
    times
        How many they are, shape (rows,).
    """
    dollars = adjusted * later
    step = np.maximum(PRINTED * later, 2.0 * FLOAT * (1 + times) * np.abs(dollars))
    scale = SCALES[np.searchsorted(STEPS, step * (1.0 - 1e-9))]
    rounded: Floats = np.round(dollars * scale) / scale
    return rounded
