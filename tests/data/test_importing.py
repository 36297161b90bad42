"""Importing people's own files: what is taken, what is said of it, and one line for what can't be."""

import re
from dataclasses import replace

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, make_bars, nyse, random_bars

from data.bars import COLUMNS, PRICES
from data.errors import DataError, UserError
from data.importing import import_files
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource
from data.store import Store

OURS = "date,open,high,low,close,volume,dividend,split"
YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume"
ROWS = [
    "2024-01-02,40,42,39,41,1000,0,1",
    "2024-01-03,41,43,40,42,1000,0.5,1",
    "2024-01-04,420,431,410,430,100,0,0.1",
    "2024-01-05,43,43,40,42,0,0,1",
]
NO_DIVIDENDS = "No dividends and no adjusted close: prices are taken as they stand, and nothing as paid out."
NO_SPLITS = "No column of splits: prices are taken as they stand."
NO_LAG = "Each value is taken as known at the close of its own date: give a lag if it is later."


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def take(tmp_path, store):
    """Import one file of these lines; return what became of it."""

    def taken(*lines, file="SOXS.csv", raw=None, **options):
        path = tmp_path / "mine" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw if raw is not None else ("\n".join(lines) + "\n").encode())
        said = []
        (done,) = import_files(store, path, say=said.append, **options)
        assert len(said) == (not done.error)
        return done

    return taken


@pytest.fixture
def refuse(take, store):
    """Import a file that has a fault; return what is said, one line, the store being as it was."""

    def refused(*lines, **options):
        before = store.listing()
        done = take(*lines, **options)
        assert done.error
        assert len(done.error.splitlines()) == 1
        assert (done.rows, done.first, done.last, done.notes) == (0, "", "", ())
        assert store.listing() == before
        return done.error

    return refused


def adjusted(bars, *, decimals=6, columns=("Adj Close",)):
    """The lines of a Yahoo file of as-traded bars, by Yahoo's own rules, row by row from the last."""
    basis, factor, rows = 1.0, 1.0, []
    for row in reversed(range(len(bars))):
        prices = [float(getattr(bars, name)[row]) / basis for name in PRICES]
        cells = {
            "Adj Close": f"{prices[3] * factor:.{decimals}f}",
            "Dividends": f"{bars.dividend[row] / basis:.{decimals}f}",
            "Stock Splits": f"{bars.split[row] if bars.split[row] != 1 else 0.0}",
        }
        shown = [f"{price:.{decimals}f}" for price in prices]
        volume = f"{bars.volume[row] * basis:.0f}"
        shown += [*([cells["Adj Close"]] if "Adj Close" in columns else []), volume]
        rows.append(",".join([str(bars.dates[row]), *shown, *(cells[c] for c in columns if c != "Adj Close")]))
        if row:
            before = bars.close[row - 1] / bars.split[row] / basis  # in the file's basis
            factor *= 1 - bars.dividend[row] / basis / before
            basis *= bars.split[row]
    titles = ["Date", "Open", "High", "Low", "Close", *(c for c in columns if c == "Adj Close"), "Volume"]
    return [",".join([*titles, *(c for c in columns if c != "Adj Close")]), *reversed(rows)]


def same(got, expected, **tolerance):
    np.testing.assert_array_equal(got.dates, expected.dates)
    for column in COLUMNS:
        np.testing.assert_allclose(getattr(got, column), getattr(expected, column), err_msg=column, **tolerance)


# Layouts


def test_our_own_layout_arrives_as_it_is_written(take, store):
    done = take(OURS, *ROWS)

    assert (done.file, done.name, done.kind, done.rows) == ("SOXS.csv", "SOXS", "bars", 4)
    assert (done.first, done.last, done.error) == ("2024-01-02", "2024-01-05", "")
    assert done.notes == ("Prices step at its 1 split: they are as traded.",)
    expected = make_bars(
        "SOXS",
        days("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"),
        [41, 42, 430, 42],
        open=[40, 41, 420, 43],
        high=[42, 43, 431, 43],
        low=[39, 40, 410, 40],
        volume=[1000, 1000, 100, 0],
        dividend={1: 0.5},
        split={2: 0.1},
    )
    same(store.bars_as_kept("SOXS"), expected, rtol=0)
    origin = store.find("bars", "SOXS").origin
    assert (origin.source, origin.symbol, origin.notes) == ("import", "SOXS.csv", done.notes)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", origin.time)


def test_a_csv_source_and_its_import_are_the_same(tmp_path, store):
    rng = np.random.default_rng(4)
    bars = random_bars("CORE", nyse("2020-01-02", 200), rng)
    (tmp_path / "bars").mkdir()
    rows = zip(bars.dates, *(getattr(bars, column).tolist() for column in COLUMNS), strict=True)
    (tmp_path / "bars" / "CORE.csv").write_text("\n".join([OURS, *(",".join(map(str, row)) for row in rows)]))

    (done,) = import_files(store, tmp_path)

    assert not done.error
    same(store.bars_as_kept("CORE"), CsvSource(tmp_path).read(BARS, "CORE"), rtol=0)


@pytest.mark.parametrize(
    "header",
    [
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
        "DATE,OPEN,HIGH,LOW,CLOSE,VOLUME,DIVIDENDS,STOCK_SPLITS",
        "date, open, high, low, close*, vol., dividend amount, split coefficient",
        "timestamp,open,high,low,Close/Last,volume,divCash,splitFactor",
        ",Open,High,Low,Close,Volume,Dividends,Stock_Splits",
    ],
)
def test_titles_are_known_in_any_case_and_with_any_mark(take, store, header):
    take(header, *ROWS)

    bars = store.bars_as_kept("SOXS")
    assert (bars.close[2], bars.volume[0], bars.dividend[1], bars.split[2]) == (430, 1000, 0.5, 0.1)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + "\n".join([OURS, *ROWS]).encode(),
        "\r\n".join([OURS, *ROWS, ""]).encode(),
        ("\n".join([OURS, *ROWS]) + "\n\n,,,,,,,\n").encode(),
        "\n".join([OURS + ",", *(row + "," for row in ROWS)]).encode(),
        "\n".join([OURS, *('"' + row.replace(",", '","') + '"' for row in ROWS)]).encode(),
        "\n".join([OURS, *(row.replace("1000", '"1,000"').replace(",4", ",$4") for row in ROWS)]).encode(),
        "\n".join([OURS, *(row.replace("1000", "1.0K") for row in ROWS)]).encode(),
    ],
    ids=["BOM", "CRLF", "blank rows", "trailing commas", "quotes", "dollars and thousands", "K"],
)
def test_what_means_one_thing_is_read(take, store, raw):
    done = take(raw=raw)

    assert done.notes == ("Prices step at its 1 split: they are as traded.",)
    bars = store.bars_as_kept("SOXS")
    np.testing.assert_array_equal(bars.close, [41, 42, 430, 42])
    np.testing.assert_array_equal(bars.volume, [1000, 1000, 100, 0])


def test_unknown_columns_are_named_and_passed_over(take):
    done = take(f"{OURS},RSI,Change %", *(f"{row},50,1.2" for row in ROWS))

    assert "Columns passed over: RSI, Change %." in done.notes


def test_a_download_of_yfinance_with_its_three_headers(take, store):
    lines = ["Price,Close,High,Low,Open,Volume", "Ticker,SPY,SPY,SPY,SPY,SPY", "Date,,,,,"]
    done = take(*lines, "2024-01-02,41,42,39,40,1000", "2024-01-03,42,43,40,41,1000", file="SPY.csv")

    assert done.notes == (NO_SPLITS, NO_DIVIDENDS)
    np.testing.assert_array_equal(store.bars_as_kept("SPY").close, [41, 42])
    assert take(lines[0], "Ticker,SPY,SPY,QQQ,SPY,SPY", lines[2], "2024-01-02,41,42,39,40,1").error == (
        "SOXS.csv:2: holds QQQ, SPY: save one file an instrument"
    )


def test_the_newest_first_is_turned_round(take, store):
    assert "The newest row came first: turned round." in take(OURS, *reversed(ROWS)).notes
    np.testing.assert_array_equal(store.bars_as_kept("SOXS").close, [41, 42, 430, 42])

    assert "Rows weren't in the order of their dates: sorted." in take(OURS, ROWS[1], ROWS[0], *ROWS[2:]).notes
    np.testing.assert_array_equal(store.bars_as_kept("SOXS").close, [41, 42, 430, 42])


def test_dates_in_other_forms(take, store):
    american = [f"{row[5:7]}/{row[8:10]}/{row[:4]}{row[10:]}" for row in (*ROWS, "2024-01-16,42,42,42,42,0,0,1")]
    assert "Dates are read as month/day/year: 01/16/2024 can be nothing else." in take(OURS, *american).notes
    assert str(store.bars_as_kept("SOXS").dates[-1]) == "2024-01-16"

    timed = [f"{row[:10]} 00:00:00-05:00{row[10:]}" for row in ROWS]
    assert "The time of day beside its dates is passed over." in take(OURS, *timed).notes
    assert str(store.bars_as_kept("SOXS").dates[0]) == "2024-01-02"

    short = [row.replace("2024-01-0", "1/").replace(",", "/2024,", 1) for row in ROWS]
    assert take(OURS, *short, "1/16/2024,42,42,42,42,0,0,1").first == "2024-01-02"


def test_rows_without_prices_are_left_out_with_their_events_carried_on(take, store):
    done = take(
        OURS, ROWS[0], "2024-01-03,null,null,null,null,null,0.5,1", "2024-01-04,,,,,,,0.1", ROWS[3].replace(",4", ",40")
    )

    assert "2 rows without prices left out: 2024-01-03, 2024-01-04." in done.notes
    bars = store.bars_as_kept("SOXS")
    np.testing.assert_array_equal(bars.dates, days("2024-01-02", "2024-01-05"))
    np.testing.assert_allclose(bars.dividend, [0, 5.0])
    np.testing.assert_allclose(bars.split, [1, 0.1])


def test_days_without_a_session_are_left_out_with_their_events_carried_on(take, store):
    weekend = [
        f"2024-01-{day:02},41,41,41,41,10,{paid},1"
        for day, paid in ((6, 0.25), (7, 0), (13, 0), (14, 0), (15, 0), (20, 0))
    ]
    sessions = [f"2024-01-{day:02},41,41,41,41,10,0,1" for day in (8, 9, 10, 11, 12, 16, 17, 18, 19)]
    done = take(OURS, *ROWS, *sorted(weekend + sessions))

    said = "2024-01-06, 2024-01-07, 2024-01-13, 2024-01-14, 2024-01-15 and 1 more"
    assert f"6 rows on days without an NYSE session left out: {said}." in done.notes
    bars = store.bars_as_kept("SOXS")
    assert len(bars) == 13
    assert bars.dividend[4] == 0.25


def test_bars_that_contradict_themselves_are_kept(take, store):
    take(OURS, *ROWS[:3], "2024-01-05,43,39,44,42,0,0,1")

    bars = store.bars_as_kept("SOXS")
    assert (bars.high[3], bars.low[3]) == (39, 44)


def test_volume_may_be_unknown(take, store):
    lines = [",".join(row.split(",")[:5]) for row in ROWS[:2]]
    assert take("Date,Open,High,Low,Close", *lines).notes == (
        NO_SPLITS,
        NO_DIVIDENDS,
        "No column of volume: it is unknown.",
    )
    assert np.isnan(store.bars_as_kept("SOXS").volume).all()

    done = take("Date,Open,High,Low,Close,Volume", f"{lines[0]},n/a", f"{lines[1]},5")
    assert done.notes[-1] == "Volume is empty in 1 row, and unknown there."

    done = take("Date,Open,High,Low,Close,Volume", f"{lines[0]},0", f"{lines[1]},0", file="VIX.csv")
    assert done.notes[-1] == "Volume is 0 throughout: if this is an index, name it ^VIX, and it is kept as a series."


# Names


@pytest.mark.parametrize(
    ("file", "name", "kept"),
    [
        ("SOXS.csv", None, "SOXS"),
        ("soxs.csv", None, "SOXS"),
        ("soxs.CSV", None, "SOXS"),
        ("download (1).csv", "SOXS", "SOXS"),
        ("brk-b.csv", None, "BRK-B"),
    ],
)
def test_an_instrument_is_named_after_its_file_or_as_it_is_told(take, store, file, name, kept):
    done = take(OURS, *ROWS, file=file, name=name)

    assert done.name == kept
    assert list(store.entries("bars")) == [kept]
    given = name or file[:-4]
    assert (f"{given} is kept as {kept}." in done.notes) == (given != kept)


@pytest.mark.parametrize("name", ["../SOXS", "SOXS (1)", ".SOXS", "", "SO/XS", "^", "^^VIX"])
def test_a_name_is_a_name(refuse, name):
    if name:
        said = refuse(OURS, *ROWS, name=name)
        assert said == (
            f"SOXS.csv: {name!r} is no name of an instrument or series: rename the file, or give a name of letters, "
            "digits and . = _ -"
        )
    else:
        assert "is no name" in refuse(OURS, *ROWS, name=name)


# Splits


def trading(count=40, *, split=None, dividend=None, seed=1):
    """Bars whose prices move by a percent, on real sessions, with the events named."""
    rng = np.random.default_rng(seed)
    shares = np.ones(count)
    for row, new in (split or {}).items():
        shares[row] = new
    close = np.round(40 * np.exp(np.cumsum(rng.normal(0, 0.01, count))) / np.cumprod(shares), 2)
    volume = rng.integers(1_000, 9_000, count) * 1000.0
    return make_bars("SOXS", nyse("2023-03-01", count), close, volume=volume, dividend=dividend, split=split)


def test_yahoo_prices_are_made_as_traded_again(take, store):
    bars = trading(split={10: 0.1, 25: 4.0}, dividend={5: 0.2, 15: 0.2, 30: 0.2})

    done = take(*adjusted(bars, columns=("Adj Close", "Dividends", "Stock Splits")))

    assert done.notes == ("Prices run on across its 2 splits: they are split-adjusted, and made as traded again.",)
    got = store.bars_as_kept("SOXS")
    same(got, bars, rtol=1e-6)
    np.testing.assert_array_equal(got.volume, bars.volume)


def test_prices_as_traded_are_known_from_stepping(take, store):
    bars = trading(split={10: 0.1, 25: 4.0})
    lines = adjusted(replace(bars, split=np.ones(40)), columns=("Stock Splits",))
    lines = [line if f"{bars.dates[10]}" not in line else line[:-3] + "1:10" for line in lines]
    lines = [line if f"{bars.dates[25]}" not in line else line[:-3] + "4/1" for line in lines]

    assert take(*lines).notes == ("Prices step at its 2 splits: they are as traded.", NO_DIVIDENDS)
    same(store.bars_as_kept("SOXS"), bars, rtol=1e-6)


def test_a_split_on_the_last_day_is_undone_too(take, store):
    bars = trading(split={39: 0.1})

    take(*adjusted(bars, columns=("Stock Splits",)))

    same(store.bars_as_kept("SOXS"), bars, rtol=1e-6)


def test_prices_that_neither_run_on_nor_step_are_refused(refuse):
    bars = trading(split={20: 0.1})
    wrong = bars.close.copy()
    wrong[20:] *= 15  # against the 10 it should be
    lines = adjusted(replace(bars, close=wrong, open=wrong, high=wrong, low=wrong), columns=("Stock Splits",))

    before, after = (float(lines[row].split(",")[4]) for row in (20, 21))
    assert refuse(*lines) == (
        f"SOXS.csv:22: {bars.dates[20]}: at a split of 0.1 new per old the price goes from {before:g} to {after:g}, "
        f"{after / before:.3g} times as much: neither 1 (split-adjusted) nor 10 (as traded): "
        "correct the split or the prices"
    )


def test_prices_that_step_at_one_split_alone_are_refused(refuse):
    bars = trading(60, split={10: 0.1, 25: 0.1, 40: 0.1})
    lines = adjusted(replace(bars, split=np.where(np.arange(60) == 10, 0.1, 1)), columns=("Stock Splits",))
    marked = [line[:-3] + "0.1" if str(bars.dates[row]) in line else line for line in lines for row in [25]]
    marked = [line[:-3] + "0.1" if str(bars.dates[40]) in line else line for line in marked]

    assert refuse(*marked) == (
        f"SOXS.csv:12: {bars.dates[10]}: prices run on across this split but step at that of {bars.dates[25]}: "
        "correct the split or the prices"
    )


@pytest.mark.parametrize(("title", "factor"), [("Stock Splits", 1.05), ("split", 1.0)])
def test_a_split_too_small_to_tell_goes_by_its_column(take, store, title, factor):
    bars = trading()
    lines = [line.replace("Stock Splits", title) for line in adjusted(bars, columns=("Stock Splits",))]
    lines[21] = lines[21][:-3] + "1.05"

    done = take(*lines)

    how = {
        1.05: "Its 1 split can't be told from a day's move: prices are taken as split-adjusted, as Yahoo's are, and "
        "made as traded again.",
        1.0: "Its 1 split can't be told from a day's move: prices are taken as traded.",
    }[factor]
    assert done.notes[0] == how
    np.testing.assert_allclose(store.bars_as_kept("SOXS").close[:20], bars.close[:20] * factor, rtol=1e-6)


def test_without_a_column_of_splits_prices_stand(take, store):
    bars = trading(split={20: 0.1})

    assert take(*adjusted(bars, columns=())).notes == (NO_SPLITS, NO_DIVIDENDS)
    np.testing.assert_allclose(store.bars_as_kept("SOXS").close[:20], bars.close[:20] * 10, rtol=1e-6)


# Dividends


def test_dividends_are_derived_from_the_adjusted_close(take, store):
    bars = trading(dividend={5: 0.04, 21: 0.35})

    done = take(*adjusted(bars))

    said = "2 dividends derived from Adj Close: one under 0.001 % of the price would not show."
    assert done.notes == (NO_SPLITS, said)
    got = store.bars_as_kept("SOXS").dividend
    np.testing.assert_array_equal(np.flatnonzero(got), [5, 21])
    np.testing.assert_allclose(got[[5, 21]], [0.04, 0.35], atol=2e-4 * 0.04 + 2e-6)


def test_a_dividend_by_hand(take, store):
    # 98/100 of Monday's 100 is what is left of it after Tuesday's 2 dollars.
    lines = ["2024-01-08,100,100,100,100,98,1", "2024-01-09,99,99,99,99,99,1"]
    assert take(YAHOO, *lines).notes[-1].startswith("Adj Close moves as the close does")  # 98.5/99.5 explains both

    take(YAHOO, *(line.replace(",98,", ",98.0000,").replace(",99,1", ",99.0000,1") for line in lines))
    np.testing.assert_allclose(store.bars_as_kept("SOXS").dividend, [0, 2], atol=1e-2)


def test_derived_dividends_are_in_their_days_own_shares(take, store):
    bars = trading(split={10: 0.1, 30: 0.5}, dividend={5: 0.2, 10: 0.3, 20: 0.25, 35: 0.25})

    take(*adjusted(bars, columns=("Adj Close", "Stock Splits")))

    got = store.bars_as_kept("SOXS").dividend
    np.testing.assert_array_equal(np.flatnonzero(got), [5, 10, 20, 35])
    np.testing.assert_allclose(got, bars.dividend, atol=2e-4)


def test_adjusted_closes_beside_prices_as_traded(take, store):
    bars = trading(split={10: 0.1, 30: 0.5}, dividend={5: 0.2, 10: 0.3, 20: 0.25, 35: 0.25})
    both = adjusted(bars, columns=("Adj Close", "Stock Splits"))
    plain = adjusted(replace(bars, split=np.ones(40)), columns=("Adj Close", "Stock Splits"))
    lines = [both[0]]
    for own, traded in zip(both[1:], plain[1:], strict=True):
        cells = traded.split(",")
        cells[5], cells[7] = own.split(",")[5], own.split(",")[7]
        lines.append(",".join(cells))

    assert take(*lines).notes[0] == "Prices step at its 2 splits: they are as traded."
    np.testing.assert_allclose(store.bars_as_kept("SOXS").dividend, bars.dividend, atol=2e-4)


@pytest.mark.parametrize("decimals", [2, 3, 4, 6, 12])
def test_rounding_makes_no_dividends(take, store, decimals):
    bars = trading(250)

    done = take(*adjusted(bars, decimals=decimals))

    assert done.notes[-1] == "Adj Close moves as the close does: nothing is taken as paid out."
    assert not store.bars_as_kept("SOXS").dividend.any()


def test_rounding_of_adjusted_closes_makes_no_dividends(take, store):
    bars = trading(250)
    lines = adjusted(bars, columns=("Adj Close",))
    lines = [lines[0]] + [
        re.sub(r"(\d+\.\d+),(\d+)$", lambda m: f"{float(m[1]) * 0.7:.2f},{m[2]}", x) for x in lines[1:]
    ]

    done = take(*lines)

    assert done.notes[-1] == "Adj Close moves as the close does: nothing is taken as paid out."


def test_an_adjusted_close_that_falls_against_the_close_is_refused(refuse):
    lines = adjusted(trading())
    lines[11] = re.sub(r"(\d+\.\d+),(\d+)$", lambda m: f"{float(m[1]) * 1.02:.6f},{m[2]}", lines[11])

    said = refuse(*lines)

    assert said == (
        f"SOXS.csv:13: {trading().dates[11]}: Adj Close falls against the close, which no dividend makes it do: "
        "correct it, add a column split, or take Adj Close out"
    )


def test_an_unrecorded_split_is_no_dividend(refuse):
    bars = trading(split={20: 2.0})
    unsplit = adjusted(replace(bars, split=np.ones(40)))
    lines = [unsplit[0]]
    for line, traded in zip(adjusted(bars)[1:], unsplit[1:], strict=True):
        cells = traded.split(",")
        cells[5] = line.split(",")[5]
        lines.append(",".join(cells))

    assert refuse(*lines) == (
        f"SOXS.csv:22: {bars.dates[20]}: Adj Close implies a dividend of 50% of the price, as a split would: add a "
        "column split, or take Adj Close out"
    )


def test_the_column_of_dividends_rules_and_a_contradiction_is_said(take, store):
    bars = trading(dividend={5: 0.4, 21: 0.4})
    lines = adjusted(bars, columns=("Adj Close", "Dividends"))
    lines[22] = re.sub(r"[\d.]+$", "0.1", lines[22])

    done = take(*lines)

    (said,) = [note for note in done.notes if "contradict" in note]
    apart = np.log((bars.close[20] - 0.1) / (bars.close[20] - 0.4))
    assert re.fullmatch(
        rf"Dividends and Adj Close contradict each other by {apart:.2%} of the price in all, most on {bars.dates[21]} "
        r"\(paid 0\.1, implied 0\.4\): Dividends are taken\.",
        said,
    )
    assert store.bars_as_kept("SOXS").dividend[21] == 0.1


def test_columns_that_agree_are_no_contradiction(take):
    bars = trading(250, split={100: 0.1}, dividend={5: 0.4, 21: 0.4, 120: 0.1})

    for decimals in (2, 4, 6):
        done = take(*adjusted(bars, decimals=decimals, columns=("Adj Close", "Dividends", "Stock Splits")))
        assert not [note for note in done.notes if "contradict" in note]


def test_prices_adjusted_for_dividends_are_told_by_their_cents(take, store):
    bars = trading(120, split={70: 0.5}, dividend={20: 0.5, 60: 0.5, 100: 0.5})
    lines = adjusted(bars, decimals=9, columns=("Dividends", "Stock Splits"))
    full = adjusted(bars, decimals=9, columns=("Adj Close",))
    made = [lines[0]]
    for line, whole in zip(lines[1:], full[1:], strict=True):
        cells = line.split(",")
        close = whole.split(",")[5]
        made.append(",".join([cells[0], close, close, close, close, *cells[5:]]))

    done = take(*made)

    assert "Prices are adjusted for dividends, as cents tell: made as traded again." in done.notes
    same(store.bars_as_kept("SOXS"), bars, rtol=1e-6)

    plain = take(*lines)
    assert not [note for note in plain.notes if "cents" in note]
    same(store.bars_as_kept("SOXS"), bars, rtol=1e-6)


def test_capital_gains_are_paid_once(take, store):
    header = "Date,Open,High,Low,Close,Volume,Dividends,Capital Gains"
    rows = ["2024-01-02,40,40,40,40,9,0,0", "2024-01-03,40,40,40,40,9,0.5,0.2", "2024-01-04,40,40,40,40,9,0.5,2"]

    done = take(header, *rows)

    assert "Capital Gains: taken as part of a dividend that is as large, else as paid beside it." in done.notes
    np.testing.assert_allclose(store.bars_as_kept("SOXS").dividend, [0, 0.5, 2.5])


@pytest.mark.parametrize("decimals", [6, 4])
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(30, 120),
    columns=st.sampled_from(
        [("Adj Close", "Stock Splits"), ("Dividends", "Stock Splits"), ("Adj Close", "Dividends", "Stock Splits")]
    ),
)
@settings(max_examples=25, deadline=None)
def test_whatever_was_traded_comes_back_from_yahoos_form(tmp_path_factory, decimals, seed, count, columns):
    bars = random_bars("ANY", nyse("2019-06-03", count), np.random.default_rng(seed))
    bars = replace(bars, split=np.where(np.arange(count) == 0, 1.0, bars.split))
    folder = tmp_path_factory.mktemp("any")
    (folder / "ANY.csv").write_text("\n".join(adjusted(bars, decimals=decimals, columns=columns)))
    store = Store(folder / "store")

    (done,) = import_files(store, folder / "ANY.csv")

    assert not done.error
    got = store.bars_as_kept("ANY")
    basis = np.array([np.prod(bars.split[row + 1 :]) for row in range(count)])
    unit = 10.0**-decimals * basis
    for column in PRICES:
        assert (np.abs(getattr(got, column) - getattr(bars, column)) <= 0.51 * unit).all()
    enough = np.round(bars.volume * basis) >= 10  # of fewer, printed whole, nothing is left
    np.testing.assert_allclose(got.volume, np.where(enough, bars.volume, 0), atol=0.5 + 0.51 / basis.min())
    np.testing.assert_allclose(got.split, bars.split)
    sure = bars.dividend[1:] > (20 * unit[1:] if columns[0] == "Adj Close" and "Dividends" not in columns else 0)
    off = np.abs(got.dividend - bars.dividend)[1:]
    assert (off[sure] <= (8 * unit[1:] + 3e-5 * bars.close[:-1] / bars.split[1:])[sure]).all()


# Series


def test_a_series_with_its_lag(take, store):
    done = take("date,value", "2024-01-01,15", "2024-01-08,16.5", file="pe.csv", lag=5)

    assert (done.kind, done.name, done.rows, done.notes) == ("series", "pe", 2, ())
    series = store.read(SERIES, "pe")
    np.testing.assert_array_equal(series.dates, days("2024-01-01", "2024-01-08"))
    np.testing.assert_array_equal(series.values, [15, 16.5])
    assert (series.lag, series.known) == (5, None)


def test_prices_have_no_lag(take):
    assert "A lag is for series: these are prices, known at their close." in take(OURS, *ROWS, lag=1).notes


def test_a_lag_stays_until_another_is_given(take, store):
    take("date,value", "2024-01-01,15", file="pe.csv", lag=5)
    assert take("date,value", "2024-01-01,15", "2024-01-02,16", file="pe.csv").notes == (
        "Its lag of 5 sessions stays.",
    )
    assert store.read(SERIES, "pe").lag == 5
    assert take("date,value", "2024-01-01,15", file="pe.csv", lag=0).notes == ()
    assert store.read(SERIES, "pe").lag == 0
    assert take("date,value", "2024-01-01,15", file="pe.csv").notes == (NO_LAG,)


def test_a_series_as_fred_gives_it(take, store):
    done = take("observation_date,DGS10", "2024-01-01,", "2024-01-02,3.95", "2024-01-03,.", file="DGS10.csv")

    assert done.notes == (
        "DGS10 is taken as the value.",
        "2 rows without a value left out: 2024-01-01, 2024-01-03.",
        NO_LAG.replace("give a lag if it is later", "it is published 1 session late, so give a lag of 1"),
    )
    np.testing.assert_array_equal(store.read(SERIES, "DGS10").values, [3.95])


def test_a_series_dated_by_the_first_days_of_its_periods_says_which_lag_it_needs(take):
    quarters = [f"{year}-{month:02}-01,{year}" for year in (2020, 2021) for month in (1, 4, 7, 10)]
    why = "its dates are the first days of quarters, and it is published about 30 days after the quarter (BEA, GDP, "
    why += "advance estimate), so give a lag of 85"
    assert take("observation_date,GDP", *quarters, file="GDP.csv").notes[-1] == (
        NO_LAG.replace("give a lag if it is later", why)
    )
    assert take("date,value", *quarters, file="GDP.csv", lag=60).notes == (f"Its lag is too short: {why}.",)
    assert take("date,value", *quarters, file="GDP.csv").notes == (
        "Its lag of 60 sessions stays.",
        f"Its lag is too short: {why}.",
    )
    assert take("date,value", *quarters, file="GDP.csv", lag=85).notes == ()
    known = [f"{row},{row[:10]}" for row in quarters]
    assert take("date,value,known", *known, file="GDP.csv").notes[-1] == (
        "It is known too early: its column known has days before the quarters were over: "
        "correct them, or leave them if each value was set on its day, as a rate is."
    )


@pytest.mark.parametrize("monthly", [True, False])
def test_an_index_s_weekly_or_monthly_bars_are_refused(take, monthly):
    rows = [f"2024-{month:02}-01,13,14,12,13" for month in range(1, 8)]
    weeks = [f"2024-01-{day:02},13,14,12,13" for day in (1, 8, 15, 22, 29)]
    done = take("Date,Open,High,Low,Close", *(rows if monthly else weeks), file="^VIX.csv")
    assert done.error.endswith("daily prices are needed, not weekly or monthly ones")


def test_a_series_that_says_when_it_was_known(take, store):
    lines = ["date,value,known", "2024-01-31,2.5,2024-02-20", "2024-01-31,2.6,2024-03-20", "2024-02-29,2.7,2024-03-20"]
    done = take(*lines, file="CPI.csv", lag=3)

    assert done.notes == ("Its column known says when each value was known: the lag is passed over.",)
    series = store.read(SERIES, "CPI")
    np.testing.assert_array_equal(series.known, days("2024-02-20", "2024-03-20", "2024-03-20"))
    assert series.lag == 0


def test_an_index_is_a_series_with_its_opens(take, store):
    lines = ["2024-01-02,13.2,14,13,13.2,13.2,0", "2024-01-03,13.4,0,13.1,-0.5,14,0"]
    done = take(YAHOO, *lines, file="^vix.csv")

    assert (done.kind, done.name) == ("series", "VIX")
    assert done.notes == (
        "^vix is kept as VIX.",
        "Columns passed over: Adj Close, Volume.",
        "An index: kept as a series of its closes, with open, high and low.",
    )
    np.testing.assert_array_equal(store.read(SERIES, "VIX").values, [13.2, -0.5])
    held = store.read(SERIES, "VIX").prices
    assert {name: list(values) for name, values in held.items()} == {
        "open": [13.2, 13.4],
        "high": [14, 0],
        "low": [13, 13.1],
    }


# Folders


def test_a_folder_goes_on_past_a_fault(tmp_path, store):
    for kind in ("bars", "series"):
        (tmp_path / kind).mkdir()
    (tmp_path / "bars" / "SOXS.csv").write_text("\n".join([OURS, *ROWS]))
    (tmp_path / "bars" / "SOXX.csv").write_text("\n".join([OURS, *ROWS[:2], "2024-01-04,1,1,x,1,1,0,1"]))
    (tmp_path / "bars" / "._SOXS.csv").write_bytes(b"\x00\x05\x16")
    (tmp_path / "series" / "VIX.csv").write_text("date,value\n2024-01-02,13\n")
    (tmp_path / "series" / "SOX.csv").write_text(f"{YAHOO}\n2024-01-02,4000,4000,4000,4000,4000,0\n")
    (tmp_path / "notes.txt").write_text("mine")
    said = []

    done = import_files(store, tmp_path, say=said.append)

    assert [(each.file, each.kind, each.name, bool(each.error)) for each in done] == [
        ("bars/SOXS.csv", "bars", "SOXS", False),
        ("bars/SOXX.csv", "", "SOXX", True),
        ("series/SOX.csv", "series", "SOX", False),
        ("series/VIX.csv", "series", "VIX", False),
    ]
    assert said == [
        "bars/SOXS.csv: bars of SOXS, 4 rows from 2024-01-02 to 2024-01-05",
        "series/SOX.csv: series of SOX, 1 row from 2024-01-02 to 2024-01-02",
        "series/VIX.csv: series of VIX, 1 row from 2024-01-02 to 2024-01-02",
    ]
    assert done[1].error == "bars/SOXX.csv:4: 2024-01-04: low is 'x', not a number: correct it"
    assert [each.name for each in store.listing()] == ["SOXS", "SOX", "VIX"]


def test_two_files_of_one_name_are_both_refused(tmp_path, store):
    (tmp_path / "^VIX.csv").write_text("date,value\n2024-01-02,13\n")
    (tmp_path / "VIX.csv").write_text("date,value\n2024-01-02,14\n")

    done = import_files(store, tmp_path)

    assert [each.error for each in done] == [
        "VIX.csv: holds series of VIX, and so does ^VIX.csv: keep one",
        "^VIX.csv: holds series of VIX, and so does VIX.csv: keep one",
    ]
    assert store.listing() == ()


def test_a_fault_leaves_what_the_store_had(take, refuse, store):
    take(OURS, *ROWS)
    refuse(OURS, *ROWS[:2], "2024-01-04,1,1,1,-1,1,0,1")

    assert len(store.bars_as_kept("SOXS")) == 4


def test_what_can_not_be_imported_at_all(tmp_path, store):
    def said(path, **options):
        with pytest.raises(DataError) as caught:
            import_files(store, path, **options)
        return str(caught.value)

    assert said(tmp_path / "none.csv") == f"{tmp_path}/none.csv: no such file or folder"
    assert (
        said(tmp_path)
        == f"{tmp_path}: has no CSV files, nor have its folders bars, series, events, members and filings"
    )
    assert said(tmp_path, name="SOXS") == (
        f"{tmp_path}: is a folder, and a name is for a single file: name its files after what they hold"
    )
    with pytest.raises(UserError, match=r"^lag=-1: has to be a whole number from 0 to 25,200$"):
        import_files(store, tmp_path, lag=-1)


# Faults


def swapped(row, column, cell):
    """Our file with one cell changed: of row 0 to 3, by its column's name."""
    rows = [line.split(",") for line in ROWS]
    rows[row][OURS.split(",").index(column)] = cell
    return [OURS, *(",".join(cells) for cells in rows)]


FORM = "write it as YYYY-MM-DD, or give its form, such as --dates %m/%d/%y"
BEYOND = "beyond all bounds: correct it: it is from"
POSITIVE = "and prices are positive: correct it, or delete the row"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (swapped(1, "close", "4O"), "SOXS.csv:3: 2024-01-03: close is '4O', not a number: correct it"),
        (swapped(1, "close", "1,5"), "SOXS.csv:3: has 9 fields, the header 8: correct the row"),
        (swapped(1, "close", '"1,5"'), "SOXS.csv:3: 2024-01-03: close is '1,5', which is 1.5: give --decimal ,"),
        (swapped(1, "close", "inf"), "SOXS.csv:3: 2024-01-03: close is 'inf', not a number: correct it"),
        (swapped(1, "open", "0"), f"SOXS.csv:3: 2024-01-03: open is 0, {POSITIVE}"),
        (swapped(3, "low", "-40"), f"SOXS.csv:5: 2024-01-05: low is -40, {POSITIVE}"),
        (
            swapped(1, "low", ""),
            "SOXS.csv:3: 2024-01-03: low is empty where other prices aren't: fill it in, or delete the row",
        ),
        (swapped(1, "volume", "-1"), "SOXS.csv:3: 2024-01-03: volume is negative: write 0 or nothing"),
        (
            swapped(1, "dividend", "-1"),
            "SOXS.csv:3: 2024-01-03: dividend is negative: write dollars a share, 0 on most days",
        ),
        (
            swapped(1, "dividend", "41"),
            "SOXS.csv:3: 2024-01-03: 41 a share are paid of a price of 41: correct the dividend",
        ),
        (swapped(1, "split", "-1"), "SOXS.csv:3: 2024-01-03: the split is negative: write new shares per old share"),
        (swapped(1, "split", "1:0"), "SOXS.csv:3: 2024-01-03: split is '1:0', not a number: correct it"),
        (
            swapped(1, "close", "1e300"),
            f"SOXS.csv:3: 2024-01-03: close is '1e300', {BEYOND} 1e-06 to 1e+12",
        ),
        (
            swapped(1, "open", "1e-320"),
            f"SOXS.csv:3: 2024-01-03: open is '1e-320', {BEYOND} 1e-06 to 1e+12",
        ),
        (
            swapped(1, "dividend", "1e13"),
            f"SOXS.csv:3: 2024-01-03: dividend is '1e13', {BEYOND} 0 to 1e+12",
        ),
        (
            swapped(1, "volume", "1e16"),
            f"SOXS.csv:3: 2024-01-03: volume is '1e16', {BEYOND} 0 to 1e+15",
        ),
        (swapped(1, "split", "1:1e9"), "SOXS.csv:3: 2024-01-03: split is '1:1e9', not a number: correct it"),
        (swapped(1, "split", "1e7"), f"SOXS.csv:3: 2024-01-03: split is '1e7', {BEYOND} 1e-06 to 1,000,000"),
        (
            [OURS, *(f"2024-01-{day:02},1,1,1,1,1,0,1000000" for day in (2, 3, 4))],
            (
                "SOXS.csv:4: 2024-01-04: splits up to here multiply beyond all bounds: correct them: their product is "
                "from 1e-15 to 1e+15"
            ),
        ),
        (
            ["date,value", "2024-01-02,-2e15"],
            f"SOXS.csv:2: 2024-01-02: value is '-2e15', {BEYOND} -1e+15 to 1e+15",
        ),
        (
            swapped(1, "date", "03.01.2024"),
            "SOXS.csv:3: date is '03.01.2024', though the first is '2024-01-02': write all dates in one form",
        ),
        (
            swapped(1, "date", "2024-02-30"),
            f"SOXS.csv:3: date is '2024-02-30', not a date: {FORM}",
        ),
        (
            swapped(1, "date", "13/01/2024"),
            "SOXS.csv:3: date is '13/01/2024', though the first is '2024-01-02': write all dates in one form",
        ),
        (
            swapped(1, "date", "0202-01-03"),
            f"SOXS.csv:3: date is '0202-01-03', not a date: {FORM}",
        ),
        (
            swapped(1, "date", "2024-01-02"),
            "SOXS.csv:3: 2024-01-02: the date stands twice (in line 2 too): keep one row",
        ),
        ([OURS, ROWS[0], "2024-01-03,41,43"], "SOXS.csv:3: has 3 fields, the header 8: correct the row"),
        ([OURS], "SOXS.csv:2: has no rows under its header: add history"),
        ([OURS, "2024-01-02,,,,,,,"], "SOXS.csv: has no price in any row: add history"),
        ([""], "SOXS.csv:1: is empty: the first line is the header"),
        ([OURS.replace("close", "high"), *ROWS], "SOXS.csv:1: high and high are one column twice: take one out"),
        (
            [OURS.replace("date", "when"), *ROWS],
            "SOXS.csv:1: column date is missing: the header is 'when,open,high,low,close,volume,dividend,split'",
        ),
        (
            [OURS.replace("low", "lo"), *ROWS],
            (
                "SOXS.csv:1: column low is missing from 'date,open,high,lo,close,volume,dividend,split': prices need "
                "date,open,high,low,close, a series date,value"
            ),
        ),
        (
            ["Date,Open,High,Low,Adj Close,Volume", "2024-01-02,1,1,1,1,1"],
            "SOXS.csv:1: column close is missing, and Adj Close can't stand for it: add what was traded",
        ),
        (
            ["Date,Adj Close", "2024-01-02,1"],
            "SOXS.csv:1: column close is missing, and Adj Close can't stand for it: add what was traded",
        ),
        (
            ["date\topen", "2024-01-02\t1"],
            "SOXS.csv:1: its fields aren't separated by commas: save it as CSV with commas",
        ),
        ([OURS, ROWS[0], '2024-01-03,"41,43', "x,y"], "SOXS.csv:3: a quote is open: close it, or take it out"),
        (
            [OURS, *(f"2024-01-{day:02},1,1,1,1,1,0,1" for day in (2, 8, 16, 22, 29))],
            (
                "SOXS.csv: has 5 rows on the 19 NYSE sessions from 2024-01-02 to 2024-01-29: daily prices are needed, "
                "not weekly or monthly ones"
            ),
        ),
        (["date,value", "2024-01-02,x"], "SOXS.csv:2: 2024-01-02: value is 'x', not a number: correct it"),
        (["date,value", "2024-01-02,"], "SOXS.csv: has no value in any row: add history"),
        (
            ["date,value", "2024-01-02,1", "2024-01-02,2"],
            (
                "SOXS.csv:3: 2024-01-02: the date stands twice, without a column known to tell revisions (in line 2 "
                "too): keep one row"
            ),
        ),
        (
            ["date,value,known", "2024-01-02,1,2024-01-01"],
            "SOXS.csv:2: 2024-01-02: known is 2024-01-01, before the date itself: correct one of them",
        ),
        (
            ["date,value,known", "2024-01-02,1,2024-01-05", "2024-01-02,2,2024-01-05"],
            "SOXS.csv:3: 2024-01-02: date and known stand twice: keep one row for both",
        ),
        (
            ["date,value,known", "2024-01-02,1,soon"],
            f"SOXS.csv:2: known is 'soon', not a date: {FORM}",
        ),
    ],
)
def test_a_fault_is_one_line_with_file_line_date_and_cure(refuse, lines, said):
    assert refuse(*lines) == said


def test_a_file_that_is_no_text_is_refused(refuse):
    assert refuse(raw=b"PK\x03\x04\x14\x00\xff\xfe") == "SOXS.csv:1: is no text: save the file as CSV in UTF-8"
    assert "column date is missing" in refuse(raw=b"<!DOCTYPE html>\n<html></html>\n")


def test_a_repair_that_stays_is_said(take, store):
    from data.repairs import Repair

    take(OURS, *ROWS)
    store.set_repairs([Repair("SOXS-step", "SOXS", "split", np.datetime64("2024-01-04"), 0.1)])

    done = take(OURS, *ROWS)

    assert done.notes[-1] == "1 repair of SOXS still applied: backtest data check SOXS tells what they do."
    assert len(store.repairs()) == 1


# Real history


@needs_history
@pytest.mark.parametrize(("name", "paid"), [("SOXX", 72), ("SPY", 135)])
def test_real_dividends_come_back_from_six_decimals(take, store, name, paid):
    bars = CsvSource(FOLDER).read(BARS, name)
    assert np.count_nonzero(bars.dividend) == paid

    done = take(*adjusted(bars), file=f"{name}.csv")

    assert done.notes == (
        NO_SPLITS,
        f"{paid} dividends derived from Adj Close: one under 0.001 % of the price would not show.",
    )
    got = store.bars_as_kept(name)
    np.testing.assert_array_equal(got.dividend > 0, bars.dividend > 0)
    np.testing.assert_allclose(got.dividend, bars.dividend, atol=2e-4)
    np.testing.assert_allclose(got.total_return(), bars.total_return(), rtol=1e-6)


@needs_history
@pytest.mark.parametrize("name", ["SOXX", "SPY"])
def test_real_dividends_come_back_from_cents(take, store, name):
    bars = CsvSource(FOLDER).read(BARS, name)
    expected = bars.dividend[bars.dividend > 0]

    take(*adjusted(bars, decimals=2), file=f"{name}.csv")

    got = store.bars_as_kept(name)
    np.testing.assert_allclose(got.dividend[got.dividend > 0], expected, atol=0.004)
    np.testing.assert_allclose(got.total_return()[-1], bars.total_return()[-1], rtol=2e-3)


@needs_history
def test_real_soxs_comes_back_from_yahoos_form(take, store):
    bars = CsvSource(FOLDER).read(BARS, "SOXS")
    lines = adjusted(bars, columns=("Adj Close", "Dividends", "Stock Splits"))
    assert float(lines[1].split(",")[4]) > 38e9

    done = take(*lines)

    assert done.notes == (
        "Prices run on across its 10 splits: they are split-adjusted, and made as traded again.",
        "Volume is under 10 split-adjusted shares in 339 rows, and 0 there.",
    )
    got = store.bars_as_kept("SOXS")
    for column in (*PRICES, "dividend", "split"):
        np.testing.assert_allclose(getattr(got, column), getattr(bars, column), atol=1e-6, err_msg=column)
    np.testing.assert_allclose(got.total_return(), bars.total_return(), rtol=1e-5)


# The Treasury's bill rates

BILLS = (
    'Date,"4 WEEKS BANK DISCOUNT","4 WEEKS COUPON EQUIVALENT","13 WEEKS BANK DISCOUNT","13 WEEKS COUPON EQUIVALENT"',
    "10/16/2018,2.18,2.22,2.28,2.33",
    "10/15/2018,,,2.27,2.31",
)


@pytest.mark.parametrize(("name", "values"), [("IRX", [2.27, 2.28]), ("^IRX", [2.27, 2.28]), ("4W", [2.18])])
def test_a_name_says_which_of_the_treasurys_rates_is_meant(take, store, name, values):
    done = take(*BILLS, file="daily-treasury-rates.csv", name=name)
    assert "Rates of the Treasury's, which come out in the evening: its lag is 1." in done.notes
    series = store.read(SERIES, name.removeprefix("^"))
    assert (series.values.tolist(), series.lag) == (values, 1)
    take(*BILLS, file="daily-treasury-rates.csv", name=name, lag=0)
    assert store.read(SERIES, name.removeprefix("^")).lag == 0


def test_without_a_name_that_means_one_the_maturities_are_told(take):
    assert take(*BILLS, file="daily-treasury-rates.csv").error == (
        "daily-treasury-rates.csv: holds the Treasury's bill rates of 2 maturities: give --name IRX, 4W, 13W"
    )
