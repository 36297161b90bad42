"""A sample of ``make fire``: files that are kept, each damaged in some way, and the commands that read them."""

import importlib
import signal
from dataclasses import replace

import pytest

import backtest
from benchmarks.fire import FOUND, HELD, LEFT_OUT, REFUSED, SAME, CommandAnswer, FiringRange, judge, plain_pages
from benchmarks.fire_plan import DAMAGES, KEPT, MADE, NEXT

QUICK = ("runs", "sweeps", "query", "data list", "show")
"""How the commands begin that take some hundredths of a second."""


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """Return a store, a run and a sweep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["backtest"])
        patch.setenv("BACKTEST_DATA", "store")
        on_terminate = signal.getsignal(signal.SIGTERM)
        made = FiringRange(tmp_path_factory.mktemp("fire"), forks=False)
        made.build((MADE[0], f"{MADE[1]} --set controls=off", NEXT), ())
        yield made
        signal.signal(signal.SIGTERM, on_terminate)


def test_a_damaged_file_changes_no_answer_in_silence(target):
    damages, sound, found = [name for name in DAMAGES if name != "forbidden"], {}, []
    for number, kept in enumerate(KEPT):
        quick = tuple(each for each in kept.commands if each.startswith(QUICK))[-1:]
        if quick and list(target.sound.glob(kept.file)):
            sound |= {each: target.answer(each) for each in quick if each not in sound}
            found += target.try_damage(replace(kept, commands=quick), damages[number % len(damages)], sound)

    assert len(found) >= 15
    assert [each for each in found if each.result not in HELD] == []
    assert {each.result for each in found} == {SAME, REFUSED, LEFT_OUT}


def test_what_holds_and_what_does_not():
    sound, rest = CommandAnswer(0, "a b", "", {"f": "1"}), CommandAnswer(0, "a", "", {})

    def judged(*found):
        return judge("x.json", CommandAnswer(*found), sound, lambda: rest)

    assert judged(0, "a b", "x.json: made again\n", {"f": "1"}) == SAME
    assert judged(2, "", "x.json: is damaged\n", {}) == REFUSED
    assert judged(0, "a", "x.json: is damaged\n", {}) == LEFT_OUT
    assert judged(3, "x.json: can't be read", "", {}) == FOUND
    for found in (
        (1, "", "Traceback\nValueError: x.json\n", {}),
        (2, "", "damaged\n", {}),
        (2, "", "x.json: damaged\nand more\n", {}),
        (2, "a", "x.json: damaged\n", {}),
        (0, "a", "", {"f": "1"}),
        (0, "a b", "", {"f": "2"}),
        (0, "c", "x.json: damaged\n", {}),
        (130, "a", "x.json\n", {}),
    ):
        assert judged(*found) not in HELD


def test_pages_that_are_written_plainly_are_written(monkeypatch, tmp_path):
    for module, name in (("pkgutil", "get_data"), ("backtest.api", "draw_tearsheet")):
        monkeypatch.setattr(f"{module}.{name}", getattr(importlib.import_module(module), name))  # put back at the end
    plain_pages()

    folder = backtest.write_run(
        backtest.run(backtest.load_config("hedge_soxs.yaml", ["controls=off"]), engine="compiled"), tmp_path
    )

    assert (folder / "tearsheet.html").read_text() == "None"
