"""Valuations as series of a source: their names, whose they are, what stands in their place, when each was known."""

import numpy as np
import pytest
from companyfacts import filings, quarterly
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markets import MemorySource, days, make_bars, make_series, nyse, source_of

from data.errors import DataError
from data.events import make_events, make_members
from data.families import CHIP_MAKERS
from data.filings.facts import NoFiguresError
from data.filings.table import worth
from data.sources import BARS, EVENTS, FILINGS, MEMBERS, SERIES
from data.sources.demo import DemoSource
from data.sources.valued import ValuedSource, valued, valued_in
from data.sources.wrapped import KeptSource

DATES = nyse("2019-01-02", 600)
FIGURES = ("EARNINGS_YIELD", "PE", "PS")
NVDA = filings(quarterly(25e6, 100e6, 1e8), "NVDA")
"""Earning 100 million dollars a year on sales of 400; 100 million shares."""
AMD = filings(quarterly(-5e6, 50e6, 2e8, 2019), "AMD")
"""Losing 20 million a year on 200; 200 million shares."""
FORD = filings(quarterly(50e6, 500e6, 1e9), "F")


@pytest.fixture(autouse=True)
def _as_they_are(monkeypatch):
    """Take bars for as traded, as they are: made-up prices tell no lattice."""
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)


def bars_of(name, close, dates=DATES):
    return make_bars(name, dates, np.full(len(dates), close))


HELD = (bars_of("NVDA", 20.0), NVDA, bars_of("AMD", 5.0), AMD, bars_of("F", 10.0), FORD)


def row(date, dates=DATES):
    return int(np.searchsorted(dates, np.datetime64(date)))


def at(series, date):
    return float(series.values[row(date, series.dates)])


def test_names_are_of_companies_and_of_all_chip_makers():
    source = ValuedSource(source_of(*HELD, make_series("VIX", DATES[:2], [1, 2]), bars_of("TXN", 1.0)))
    companies = {f"{name}_{figure}" for name in ("AMD", "F", "NVDA") for figure in FIGURES}
    assert source.names(SERIES) == tuple(
        sorted(companies | {f"CHIPS_{figure}" for figure in (*FIGURES, "COMPANIES")} | {"VIX"})
    )
    assert source.names(BARS) == ("AMD", "F", "NVDA", "TXN")
    assert source.names(FILINGS) == ("AMD", "F", "NVDA")
    assert "F" not in CHIP_MAKERS


@pytest.mark.parametrize("held", [HELD[:1], HELD[1:2], (HELD[0], HELD[3])], ids=["bars", "filings", "of two"])
def test_without_bars_and_filings_of_one_company_nothing_is_valued(held):
    assert ValuedSource(source_of(*held)).names(SERIES) == ()


def test_a_source_without_filings_is_left_as_it_is():
    plain, filed = source_of(HELD[0]), source_of(*HELD)
    assert valued(plain) is plain
    assert isinstance(valued(filed), ValuedSource)
    assert valued_in(plain) is None
    source = valued(filed)
    assert valued_in(KeptSource(KeptSource(source))) is source is valued_in(source)
    assert isinstance(valued(DemoSource()), DemoSource)


def test_a_company_s_figures_by_hand():
    """2 billion dollars at 20: 20 times earnings of 100 million, 5 times sales of 400; first on 20 February 2019."""
    source = ValuedSource(source_of(*HELD))
    ratio = source.read(SERIES, "NVDA_PE")
    assert (ratio.name, ratio.lag, ratio.known) == ("NVDA_PE", 0, None)
    np.testing.assert_array_equal(ratio.dates, DATES[row("2019-02-21") :])
    assert set(ratio.values) == {20.0}
    assert set(source.read(SERIES, "NVDA_PS").values) == {5.0}
    assert set(source.read(SERIES, "NVDA_EARNINGS_YIELD").values) == {0.05}
    with pytest.raises(ValueError, match="read-only"):
        ratio.values[0] = 1.0


def test_a_loss_has_no_price_and_a_yield_below_nothing():
    source = ValuedSource(source_of(*HELD))
    assert np.isnan(source.read(SERIES, "AMD_PE").values).all()
    assert set(source.read(SERIES, "AMD_EARNINGS_YIELD").values) == {-0.02}


def test_a_group_s_figures_are_of_sums_and_medians_of_those_that_count():
    """AMD counts from 21 February 2020 on: 3 billion over 80 million, and over 600; the middle of 5 % and -2 %."""
    source = ValuedSource(source_of(*HELD))
    before, after = "2020-02-20", "2020-02-21"
    for figure, alone, both in (
        ("PE", 20.0, 37.5),
        ("PS", 5.0, 5.0),
        ("EARNINGS_YIELD", 0.05, 0.015),
        ("COMPANIES", 1.0, 2.0),
    ):
        series = source.read(SERIES, f"CHIPS_{figure}")
        assert (at(series, before), at(series, after)) == pytest.approx((alone, both), rel=1e-12)
        assert len(series.dates) == len(DATES) - row("2019-02-21")


def test_of_a_group_with_dates_members_count_while_they_belong():
    """F is in the group to the end of 2019, NVDA from 2020 on: each alone, but for the days that both or none are."""
    members = make_members(
        "mine", ["F", "NVDA", "TXN"], days("NaT", "2020-01-06", "NaT"), days("2020-01-02", "NaT", "NaT")
    )
    source = ValuedSource(source_of(*HELD, members))
    ratio, count = source.read(SERIES, "mine_PE"), source.read(SERIES, "mine_COMPANIES")
    assert (at(ratio, "2020-01-02"), at(ratio, "2020-01-06")) == (50.0, 20.0)
    assert np.isnan(at(ratio, "2020-01-03"))
    assert (at(count, "2020-01-02"), at(count, "2020-01-03"), at(count, "2020-01-06")) == (1.0, 0.0, 1.0)
    group = source.group("mine")
    at_first, later = (row_ for row_ in np.searchsorted(DATES, days("2020-01-02", "2020-01-06")))
    assert [each.ticker for each in worth(group, np.array([at_first]))] == ["F"]
    assert [each.ticker for each in worth(group, np.array([later]))] == ["NVDA"]
    assert group.left_out(int(later)) == ()
    assert source.remarks("mine_PE", DATES[-1]) == (
        f"mine_PE on {DATES[-1]} is of 1 company: NVDA.",
        "mine_PE's companies change, and a jump there is no signal: 0 from 2020-01-03.",
    )


def test_a_group_of_one_s_own_may_stand_for_all_chip_makers():
    source = ValuedSource(source_of(*HELD, make_members("CHIPS", ["NVDA", "F"])))
    assert at(source.read(SERIES, "CHIPS_PE"), "2020-06-01") == 12e9 / 300e6
    assert "Survivorship" not in " ".join(source.remarks("CHIPS_PE", DATES[-1]))


def test_a_group_without_companies_of_ours_is_none():
    source = ValuedSource(source_of(*HELD, make_members("others", ["TXN", "MU"])))
    assert not [name for name in source.names(SERIES) if name.startswith("others")]


def test_a_damaged_file_of_members_is_no_reason_to_value_nothing():
    class Damaged:
        name, simulated = "damaged", False
        names = source_of(*HELD, make_members("mine", ["NVDA"])).names

        def read(self, kind, name):
            if kind == MEMBERS:
                raise DataError("members/mine.csv: is damaged")
            return source_of(*HELD).read(kind, name)

    source = ValuedSource(Damaged())
    assert "mine_PE" not in source.names(SERIES)
    assert at(source.read(SERIES, "CHIPS_PE"), "2020-02-20") == 20.0


def test_a_series_of_one_s_own_is_read_in_its_place():
    own = make_series("CHIPS_PE", DATES[:2], [7.0, 8.0], lag=3)
    source = ValuedSource(source_of(*HELD, own))
    assert source.read(SERIES, "CHIPS_PE") is own
    assert source.names(SERIES).count("CHIPS_PE") == 1
    assert source.remarks("CHIPS_PE", DATES[-1]) == ()
    assert at(source.read(SERIES, "CHIPS_PS"), "2020-02-20") == 5.0


def test_all_else_is_passed_on():
    events = make_events("fomc", days("2020-01-29"))
    source = ValuedSource(source_of(*HELD, events))
    assert source.read(EVENTS, "fomc") is events
    assert source.read(BARS, "NVDA") is HELD[0]
    assert source.read(FILINGS, "NVDA") is NVDA
    assert (source.name, source.simulated) == ("memory", False)
    with pytest.raises(DataError, match="no series VIX"):
        source.read(SERIES, "VIX")


def test_what_can_t_be_valued_yet_is_told():
    early = filings(quarterly(1e6, 1e6, 1e8, 2020, 2021).split("NetIncomeLoss 2020-01-01..2020-12-31")[0], "NVDA")
    with pytest.raises(DataError) as caught:
        ValuedSource(source_of(HELD[0], early)).read(SERIES, "CHIPS_PE")
    assert str(caught.value) == (
        "CHIPS_PE: no session has a close as traded, shares and four quarters of any company: pull or import more of "
        "their filings, or bars"
    )


# What a reader has to know

SURVIVORSHIP = (
    "Survivorship: CHIPS_PE is of today's chip makers with filings, {count} on {date} ({names}); a members file would "
    "say who was one when."
)


def test_whose_a_valuation_is_and_when_that_changed_is_remarked():
    source = ValuedSource(source_of(*HELD))
    assert source.remarks("CHIPS_PE", DATES[-1]) == (
        SURVIVORSHIP.format(count=2, date=DATES[-1], names="AMD, NVDA"),
        "CHIPS_PE's companies change, and a jump there is no signal: 2 from 2020-02-21.",
    )
    alone = SURVIVORSHIP.format(count=1, date="2020-02-20", names="NVDA")
    assert source.remarks("CHIPS_PE", np.datetime64("2020-02-20")) == (alone,)
    assert source.remarks("CHIPS_PE", np.datetime64("2019-02-20")) == ()


@pytest.mark.parametrize("name", ["NVDA_PE", "VIX", "none"])
def test_of_a_company_and_of_any_other_series_nothing_is_remarked(name):
    assert ValuedSource(source_of(*HELD)).remarks(name, DATES[-1]) == ()


def test_of_many_changes_the_last_are_named():
    turns = [(f"2020-{month:02d}-03", f"2020-{month:02d}-20") for month in range(3, 12)]
    since, until = (days(*each) for each in zip(*turns, strict=True))
    source = ValuedSource(
        source_of(*HELD, make_members("mine", ["F"] * 9 + ["NVDA"], _and_ever(since), _and_ever(until)))
    )
    last = source.remarks("mine_PE", DATES[-1])[-1]
    assert last.endswith("; 13 changes before.")
    assert last.count("2 from 2020-") + last.count("1 from 2020-") == 5


def _and_ever(dates):
    return np.append(dates, np.datetime64("NaT"))


# What was known when


class Cut:
    """A source as it stood at the close of a session, made another way than by the proof."""

    name, simulated = "cut", False

    def __init__(self, source, at):
        self.source, self.at = source, at

    def names(self, kind):
        return self.source.names(kind)

    def read(self, kind, name):
        return self.source.read(kind, name).up_to(self.at)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(330, 590))
@example(260, 330)  # one who joins later has a bar on a day when no member of that time has one
def test_every_figure_is_that_of_a_source_that_ends_there(seed, last):
    """Companies of other bars, splits, filings and memberships: whatever is later, a figure stays what it was."""
    rng = np.random.default_rng(seed)
    held, names = [], ("AMD", "MU", "NVDA", "TXN")
    for name in names:
        text = quarterly(*rng.integers(-9, 90, 2) * 1e6, 1e8, 2018 + rng.integers(2)) + "\n"
        text += quarterly(*rng.integers(1, 90, 2) * 1e6, 3e8, 2020, 2020)  # filed beside it, to be passed over
        splits = {int(at_): rng.choice([0.1, 2.0, 4.0]) for at_ in rng.integers(1, len(DATES), 2)}
        bars = make_bars(name, DATES, rng.lognormal(3, 0.3, len(DATES)).round(2), split=splits)
        held += [filings(text, name), bars.rows(rng.random(len(DATES)) < (1.0 if name == "AMD" else 0.95))]
    since = np.where(rng.random(4) < 0.5, DATES[rng.integers(0, len(DATES), 4)], np.datetime64("NaT"))
    until = np.where(rng.random(4) < 0.5, DATES[rng.integers(0, len(DATES), 4)], np.datetime64("NaT"))
    source = source_of(*held, make_members("mine", names, since, until))
    whole, ended = ValuedSource(source), ValuedSource(Cut(source, DATES[last]))
    for name in ("CHIPS_PE", "CHIPS_COMPANIES", "mine_PS", "mine_EARNINGS_YIELD", "NVDA_PS"):
        try:
            expected = whole.read(SERIES, name).up_to(DATES[last])
        except DataError:
            continue
        if len(expected.dates) and name in ended.names(SERIES):
            found = ended.read(SERIES, name)
            np.testing.assert_array_equal(
                found.as_known(DATES, DATES)[: last + 1], expected.as_known(DATES, DATES)[: last + 1]
            )


def test_each_company_is_brought_to_what_was_traded_once(monkeypatch):
    asked = []
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: asked.append(bars.instrument) or bars)
    source = ValuedSource(source_of(*HELD))
    for name in ("CHIPS_PE", "CHIPS_PS", "NVDA_PE", "AMD_PS"):
        source.read(SERIES, name)
    assert sorted(asked) == ["AMD", "NVDA"]


def test_two_readings_are_the_same_to_the_last_bit():
    first, again = (ValuedSource(source_of(*HELD)).read(SERIES, "CHIPS_PE") for _ in range(2))
    assert first.values.tobytes() == again.values.tobytes()
    assert first.dates.tobytes() == again.dates.tobytes()


def test_who_reports_by_ifrs_is_left_out_of_a_group_and_refused_alone():
    class Abroad(MemorySource):
        def read(self, kind, name):
            if kind == FILINGS and name == "AMD":
                raise NoFiguresError("filings/CIK2488.json: holds no net income or sales in dollars")
            return super().read(kind, name)

    held = source_of(*HELD)
    source = ValuedSource(Abroad(held.held_bars, held_filings=held.held_filings))
    assert at(source.read(SERIES, "CHIPS_PE"), "2020-06-01") == at(source.read(SERIES, "NVDA_PE"), "2020-06-01")
    assert at(source.read(SERIES, "CHIPS_COMPANIES"), "2020-06-01") == 1.0
    with pytest.raises(NoFiguresError, match="no net income"):
        source.read(SERIES, "AMD_PE")
