"""The embedded market: its numbers read again by pandas, when the bill's yield was known, and files that are gone."""

import gzip
import importlib.util
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data.arrays import day
from data.audit.run import audit, everything
from data.calendar import nyse_sessions
from data.errors import DataError
from data.market import load_market
from data.rates import accrual
from data.roles import HedgeRole, Roles
from data.schema import check
from data.sources import BARS, EVENTS, MEMBERS, SERIES, embedded
from data.sources.choose import data_named, open_source
from data.sources.embedded import EmbeddedSource, index_note

SOURCE = EmbeddedSource()
FILES = Path(importlib.util.find_spec("arch").origin).parent / "data"
ROOT = Path(__file__).resolve().parents[3]
CASH = Roles({"NASDAQ": 1.0}, (HedgeRole("BILLS", "cash"),), "NASDAQ")


def table(file):
    return pd.read_csv(FILES / file)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the files, found in the package's place."""
    for file in (*(file for _name, file in embedded.INDICES.values()), embedded.FRENCH):
        (tmp_path / "data" / file).parent.mkdir(parents=True)
        shutil.copyfile(FILES / file, tmp_path / "data" / file)
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(embedded, "find_spec", lambda name: spec if name == "arch" else None)
    return tmp_path / "data"


def test_it_is_real_history_on_every_session_of_the_nyse():
    assert (SOURCE.name, SOURCE.simulated) == ("embedded", False)
    assert [SOURCE.names(kind) for kind in (BARS, SERIES, EVENTS, MEMBERS)] == [("NASDAQ", "SP500"), ("TBILL",), (), ()]
    for name in SOURCE.names(BARS):
        bars = SOURCE.read(BARS, name)
        assert (len(bars), str(bars.dates[0]), str(bars.dates[-1])) == (5031, "1999-01-04", "2018-12-31")
        np.testing.assert_array_equal(bars.dates, nyse_sessions(bars.dates[0], bars.dates[-1]))
        assert (bars.dividend == 0.0).all()
        assert (bars.split == 1.0).all()


@pytest.mark.parametrize(("name", "file"), [("NASDAQ", "nasdaq/nasdaq.csv.gz"), ("SP500", "sp500/sp500.csv.gz")])
def test_the_numbers_are_those_of_the_file(name, file):
    bars, held = SOURCE.read(BARS, name), table(file)
    np.testing.assert_array_equal(bars.dates, pd.to_datetime(held["Date"], format="%m/%d/%Y").to_numpy("M8[D]"))
    for column in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(bars, column), held[column.title()])
    frame = pd.DataFrame({"date": pd.to_datetime(bars.dates), **{c: getattr(bars, c) for c in ("open", "high")}})
    frame = frame.assign(**{c: getattr(bars, c) for c in ("low", "close", "volume", "dividend", "split")})
    check(BARS, frame, name)


def test_it_holds_two_crashes():
    close = table("nasdaq/nasdaq.csv.gz")["Close"]
    fall = close / close.cummax() - 1.0
    assert round(100 * fall.min(), 1) == -77.9
    later = close[1753:]  # from 2005-12-20 on, the first crash left behind
    assert round(100 * (later / later.cummax() - 1.0).min(), 1) == -55.6
    bars = SOURCE.read(BARS, "NASDAQ")
    peaks = [bars.dates[bars.close[:1000].argmax()], bars.dates[1753:][bars.close[1753:2800].argmax()]]
    assert list(map(str, peaks)) == ["2000-03-10", "2007-10-31"]


def test_the_audit_finds_two_sessions_without_a_volume_and_nothing_else():
    (found,) = audit(SOURCE, everything(SOURCE), None, None, {})
    assert (found.id, found.severity, len(found.dates)) == ("NASDAQ-zero-volume", "info", 2)


# The bill


def test_cash_earns_each_month_what_the_bill_returned():
    """From a month's first close to the next one's, to what compounding leaves."""
    market = load_market(SOURCE, CASH, day("1999-01-04"), None)
    earned = accrual(market.sessions, market.rate("TBILL"))
    months = market.sessions.astype("M8[M]")
    firsts = np.append(np.flatnonzero(np.diff(months, prepend=months[0] - 1).astype(int)), len(months))
    returns = table("frenchdata/frenchdata.csv.gz").set_index("Date")["RF"]
    for begin, end in pairwise(firsts[:-1]):
        month = int(str(months[begin]).replace("-", ""))
        made = 100 * np.expm1(np.log1p(earned[begin + 1 : end + 1]).sum())
        days = (market.sessions[end] - market.sessions[begin]).astype(int)
        whole = ((months[begin] + 1).astype("M8[D]") - months[begin].astype("M8[D]")).astype(int)
        assert made == pytest.approx(returns.get(month, returns.iloc[-1]) * days / whole, abs=0.0016)


def test_a_month_s_yield_is_known_at_its_first_close_and_not_before():
    series = SOURCE.read(SERIES, "TBILL")
    returns = table("frenchdata/frenchdata.csv.gz").set_index("Date")["RF"]
    sessions = nyse_sessions(day("2007-08-30"), day("2007-09-05"))
    known = series.as_known(sessions, sessions)
    august, september = returns[200708] * 360 / 31, returns[200709] * 360 / 30
    assert list(map(str, sessions)) == ["2007-08-30", "2007-08-31", "2007-09-04", "2007-09-05"]
    np.testing.assert_allclose(known, [august, august, september, september], rtol=1e-12)
    assert august != september


def test_a_month_that_is_changed_changes_nothing_before_it(package):
    before = SOURCE.read(SERIES, "TBILL")
    rows = gzip.decompress((package / embedded.FRENCH).read_bytes()).decode().splitlines()
    at = next(k for k, row in enumerate(rows) if row.startswith("200709"))
    rows[at] = rows[at].rpartition(",")[0] + ",9.99"
    (package / embedded.FRENCH).write_bytes(gzip.compress("\n".join(rows).encode()))
    after, sessions = SOURCE.read(SERIES, "TBILL"), nyse_sessions(day("2007-06-01"), day("2007-12-31"))
    differ = before.as_known(sessions, sessions) != after.as_known(sessions, sessions)
    assert str(sessions[differ][0]) == "2007-09-04"
    assert str(sessions[differ][-1]) == "2007-09-28"


def test_the_last_month_carries_on():
    series = SOURCE.read(SERIES, "TBILL")
    sessions = nyse_sessions(day("2018-11-01"), day("2018-12-31"))
    assert (str(series.dates[0]), str(series.dates[-1]), len(series.dates)) == ("1999-01-04", "2018-11-01", 239)
    np.testing.assert_allclose(series.as_known(sessions, sessions), 0.18 * 360 / 30, rtol=1e-12)


# What goes wrong


def test_without_the_package_one_line_says_so(monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(DataError, match=r"the package arch, which isn't installed: pip install --force-reinstall arch"):
        SOURCE.read(BARS, "NASDAQ")


def spoil(path, text):
    path.write_bytes(gzip.compress(text.encode()))


@pytest.mark.parametrize(
    ("spoiled", "says"),
    [
        (lambda path: path.unlink(), r"the package arch has no data/nasdaq/nasdaq\.csv\.gz, a part of the embedded"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), r"nasdaq\.csv\.gz of the package arch can't be read"),
        (lambda path: path.write_bytes(b"plain"), "can't be read"),
        (lambda path: spoil(path, "a,b\n1,2\n"), "can't be read: its columns are a, b: pip install"),
        (lambda path: spoil(path, ""), "can't be read"),
        (lambda path: spoil(path, ",".join(embedded.INDEX_COLUMNS) + "\n1/4/1999,1,1,0,1,1,5\n"), "isn't positive"),
        (lambda path: spoil(path, ",".join(embedded.INDEX_COLUMNS) + "\n1/4/1999,1,1\n"), "can't be read"),
        (lambda path: spoil(path, ",".join(embedded.INDEX_COLUMNS) + 2 * "\n1/4/1999,1,1,1,1,1,5"), "out of order"),
    ],
)
def test_a_file_that_is_not_what_it_was_is_told_in_one_line(package, spoiled, says):
    spoiled(package / "nasdaq" / "nasdaq.csv.gz")
    with pytest.raises(DataError, match=says) as told:
        SOURCE.read(BARS, "NASDAQ")
    assert "\n" not in str(told.value)
    assert len(SOURCE.read(BARS, "SP500")) == 5031


def test_what_it_does_not_have_is_told_with_what_it_has():
    with pytest.raises(DataError, match=r"the embedded market has no bars of SOXX: it has NASDAQ, SP500$"):
        SOURCE.read(BARS, "SOXX")
    with pytest.raises(DataError, match=r"no series of IRX: it has TBILL, for execution\.cash_rate$"):
        SOURCE.read(SERIES, "IRX")
    with pytest.raises(DataError, match=r"no bars of NASDQ, did you mean NASDAQ\?: it has"):
        SOURCE.read(BARS, "NASDQ")
    with pytest.raises(DataError, match=r"no events of cpi: it has none$"):
        SOURCE.read(EVENTS, "cpi")


def test_the_package_is_not_imported():
    code = "import sys\nfrom data.sources import BARS\nfrom data.sources.embedded import EmbeddedSource\n"
    code += "EmbeddedSource().read(BARS, 'NASDAQ')\nprint([name for name in ('arch', 'pandas') if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "[]\n"


# Its name, and what a reader has to know


def test_its_name_means_it():
    assert isinstance(open_source(*data_named("embedded")), EmbeddedSource)
    assert data_named("demo") == ("demo", None)
    assert data_named("./demo") == ("csv", str(Path("demo").absolute()))
    assert data_named("csv")[0] == "csv"


def test_an_index_says_that_it_is_one():
    assert index_note(("SOXX", "SOXS")) == ""
    assert index_note(("NASDAQ", "NASDAQ", "SYNTHETIC-3X")) == (
        "PRICE INDEX: NASDAQ is the Nasdaq Composite, not semiconductors; its dividends are in no book, and nobody "
        "could buy it."
    )
    both = index_note(("NASDAQ", "SP500"))
    assert "NASDAQ is the Nasdaq Composite and SP500 is the S&P 500" in both
    assert both.endswith("SP500 opens at its last close on most sessions until 2006: fills there are notional.")


def test_until_2006_the_other_index_opens_at_its_last_close_on_most_sessions():
    bars = SOURCE.read(BARS, "SP500")
    early = bars.dates[1:] < day("2006-01-01")
    same = bars.open[1:] == bars.close[:-1]
    assert same[early].mean() > 0.9
    assert same[~early].mean() < 0.2
    nasdaq = SOURCE.read(BARS, "NASDAQ")
    assert (nasdaq.open[1:] == nasdaq.close[:-1]).sum() == 8
