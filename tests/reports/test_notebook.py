"""A run in a notebook: its first screen in a frame, and its tables as DataFrames."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest
from answered_runs import keep_answered

import backtest

RUN = {"start": "2019-01-02", "end": "2021-12-31", "data": {"source": "demo"}}


@pytest.fixture(scope="module")
def result():
    return backtest.run(RUN, engine="compiled")


def page_in(frame):
    return unescape(re.search(r'srcdoc="([^"]*)"', frame)[1])


def test_it_shows_the_verdict_the_sum_and_the_frontier_and_runs_no_script(result):
    frame = result._repr_html_()
    page = page_in(frame)
    assert frame.startswith("<iframe")
    assert " sandbox " in frame
    assert "<script" not in page
    assert "SIMULATED" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert result.figures["verdict"]["sentence"] in repr(result)


def test_its_tables_are_frames_of_what_the_folder_holds(result, tmp_path):
    folder = backtest.write_run(result, tmp_path, tearsheet=False, report=False)
    for name in ("equity", "fills", "episodes", "attribution"):
        shown, kept = getattr(result, name), pd.read_parquet(folder / f"{name}.parquet")
        shown = shown.reset_index() if name in ("equity", "attribution") else shown
        assert list(shown.columns) == list(kept.columns)
        assert len(shown) == len(kept)
    np.testing.assert_array_equal(result.equity["hedged"], result.hedged.equity)
    assert result.equity.index[0] == pd.Timestamp("2019-01-02")
    assert result.equity.attrs["SIMULATED"]
    for name in ("equity", "fills", "episodes", "attribution"):
        assert "SIMULATED" in repr(getattr(result, name))


def test_without_controls_there_is_nothing_to_attribute():
    plain = backtest.run(RUN | {"controls": "off"}, engine="compiled")
    assert plain.attribution.empty
    assert plain._repr_html_().startswith("<iframe")


def test_one_that_is_read_back_shows_the_same_from_its_folder(tmp_path):
    kept = keep_answered(tmp_path)
    frame = backtest.load_run(kept.folder.name, tmp_path)._repr_html_()
    page = page_in(frame)
    assert frame.startswith("<iframe")
    assert " sandbox " in frame
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert kept.figures["verdict"]["headline"].replace("'", "\u2019") in page
    part, frontier = re.findall("<h2>(.*?)</h2>", page)
    assert part.endswith(" is the largest part")
    assert frontier.endswith(" points a year beside holding less to the same safety")
    assert page.count("<svg") == 3
    assert f"{kept.figures['cagr']:.2%}".replace("%", "") in page
    assert "SIMULATED" not in page


def test_one_read_back_of_a_simulated_market_or_without_controls_says_so(result, tmp_path):
    plain = backtest.run(RUN | {"controls": "off"}, engine="compiled")
    for made, said in ((result, result.figures["verdict"]["headline"]), (plain, "There is no verdict: controls: off.")):
        folder = backtest.write_run(made, tmp_path, tearsheet=False, report=False)
        page = page_in(backtest.load_run(folder)._repr_html_())
        assert said in page
        assert "SIMULATED market" in page
        assert "<svg" not in page
