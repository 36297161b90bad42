"""What can be turned: every parameter, with the range that the engine itself holds values to."""

import pytest

from data.ranges import Range
from engine.lab.given import AskedError, Strategies, config_given
from engine.lab.knobs import CHOICE, NUMBER, TEXT, knobs_of
from engine.lab.usual import usual_range
from engine.loading import load_config
from strategies.load import RUNS, strategy_class
from strategies.parameters import describe, explained
from strategies.rules import Rule
from strategies.signals.catalogue import SIGNALS

SHIPPED = sorted(RUNS.glob("*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.stem)
def test_every_knob_turns_and_the_engine_takes_both_ends(file):
    config = load_config(file)
    strategies = Strategies.of([config])

    knobs = knobs_of(config)

    assert len({knob.key for knob in knobs}) == len(knobs)
    for knob in knobs:
        assert knob.label
        assert knob.about or knob.key.startswith("strategy.params")
        if knob.kind == NUMBER:
            begin, end, step = knob.usual
            assert knob.low <= begin < end <= knob.high
            assert 0 < step <= end - begin
            with pytest.raises(AskedError, match=r"has to|above|below|sum"):
                config_given(config, strategies, None, [(knob.key, knob.high + 1)])
        if knob.kind == CHOICE and not knob.key.endswith(
            (".kind", ".instrument", ".structure", ".funding", ".sizing", ".combine")
        ):
            for word in knob.choices:
                config_given(config, strategies, None, [(knob.key, word)])


def test_every_number_of_a_shipped_strategy_is_a_knob_with_a_sentence():
    for file in SHIPPED:
        config = load_config(file)
        cls = strategy_class(config.strategy.named)
        knobs = {knob.key: knob for knob in knobs_of(config)}
        for known in describe(cls):
            if type(config.strategy.params[known.name]) in (int, float):
                knob = knobs[f"strategy.params.{known.name}"]
                assert knob.about == explained(cls)[known.name]
                assert knob.unit or knob.about.startswith("In the unit of")


def test_a_knob_s_unit_is_what_its_text_begins_with():
    weak, fatigue, article = (
        {knob.key.removeprefix("strategy.params."): knob for knob in knobs_of(load_config(RUNS / f"{name}.yaml"))}
        for name in ("hedge_soxs", "hedge_soxs_fatigue", "hedge_soxs_article")
    )

    assert (weak["volatility_floor"].unit, weak["volatility_floor"].percent) == ("a year", True)
    assert weak["trend_days"].unit == "sessions"
    assert (fatigue["stretched"].unit, fatigue["overbought"].unit) == ("standard deviations", "index 0-100")
    thresholds = {key: knob for key, knob in article.items() if key.endswith((".at_least", ".above", ".at_most"))}
    assert thresholds
    assert all(knob.unit for knob in thresholds.values())
    assert article["signals.breakdown.narrow"].about == explained(SIGNALS["channel_breakdown"].function)["narrow"]
    assert article["signals.dear.within"].about == explained(Rule)["within"]
    assert article["signals.dear.weight"].unit == "votes"
    assert all(knob.about for key, knob in article.items() if key.startswith("signals."))


def test_a_rule_s_numbers_are_knobs_and_several_hedges_have_their_own():
    article = {knob.key: knob for knob in knobs_of(load_config(RUNS / "hedge_soxs_article.yaml"))}
    several = {knob.key for knob in knobs_of(load_config(RUNS / "hedge_soxs_and_tlt.yaml"))}

    assert any(key.startswith("strategy.params.signals.") for key in article)
    assert {"hedges.0.weight", "hedges.1.weight"} <= several


def test_texts_of_a_strategy_are_chosen_where_there_are_choices_and_written_else():
    def knobs(file):
        made = knobs_of(load_config(RUNS / file), (("SPY", "XLP"), ("TNX", "VIX"), ("fomc_dates",)))
        return {knob.key.removeprefix("strategy.params."): knob for knob in made}

    series, rotation = knobs("hedge_soxs_series.yaml"), knobs("hedge_soxs_rotation.yaml")
    article, breadth = knobs("hedge_soxs_article.yaml"), knobs("hedge_soxs_breadth.yaml")

    assert (series["by"].kind, series["by"].choices) == (CHOICE, ("level", "change", "percentile", "zscore"))
    assert (series["series"].kind, series["series"].choices) == (CHOICE, ("TNX", "VIX"))
    assert (rotation["market"].kind, rotation["market"].choices) == (CHOICE, ("SPY", "XLP"))
    defensives = rotation["defensives"]
    assert (defensives.kind, defensives.lists, defensives.choices) == (TEXT, "list", ("SPY", "XLP"))
    assert (article["combine"].kind, article["combine"].choices) == (CHOICE, ("all", "any", "votes"))
    assert (article["require"].kind, article["require"].value) == (TEXT, ["dear"])
    assert (breadth["members"].lists, breadth["members"].optional) == ("either", True)


def test_what_history_tells_of_a_fund_can_t_be_turned():
    listed = {knob.key for knob in knobs_of(load_config(RUNS / "hedge_soxs.yaml"))}
    made = {knob.key: knob for knob in knobs_of(load_config(RUNS / "hedge_nasdaq.yaml"))}

    assert "hedge.leverage" not in listed
    assert {"hedge.kind", "hedge.instrument"} <= listed
    assert not {"hedge.kind", "hedge.instrument"} & set(made)
    assert made["hedge.leverage"].usual == (-4, -0.5, 0.5)  # on its own side of 0


@pytest.mark.parametrize(
    ("value", "within", "whole", "expected"),
    [
        (50, Range(2, 25_200), True, (2.0, 200.0, 1.0)),
        (0, Range(0, 25_200), True, (0.0, 20.0, 1.0)),
        (0.25, Range(0, 10), False, (0, 1.0, 0.01)),
        (70.0, Range(0, 100), False, (0, 100, 1.0)),
        (-2.0, Range(-100, 100), False, (-8.0, 0.0, 0.1)),
    ],
)
def test_a_slider_spans_what_is_usual(value, within, whole, expected):
    assert usual_range(value, within, whole=whole) == expected
