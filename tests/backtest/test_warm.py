"""A run of files that were read before loads none of what reads and checks them."""

import pytest
from command import SHORT, ended, started, write_history

HEAVY = ("pandas", "pandera", "exchange_calendars", "scipy", "numba", "quantstats")
SAY = f"import atexit\natexit.register(lambda: print('loaded', [name for name in {HEAVY} if name in sys.modules]))"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a history and a cache of its own."""
    folder = tmp_path_factory.mktemp("warm")
    write_history(folder / "market", "2019-06-03", "2020-06-30")
    return folder


def typed(place, *words):
    answer = ended(started(*words, "--data", "market", before=SAY, cwd=place, XDG_CACHE_HOME=str(place / "cache")))
    *said, loaded = answer.out.splitlines()
    assert answer.status == 0, answer.err
    return said, loaded


def test_a_second_run_says_the_same_and_loads_neither_pandas_nor_what_checks(place):
    (first, cold), (again, warm) = (typed(place, "run", "hedge_soxs.yaml", *SHORT) for _ in range(2))
    assert first == again
    assert "pandera" in cold
    assert warm == "loaded []"


def test_a_signal_of_the_same_files_loads_none_of_it_either(place):
    words = ("signal", "hedge_soxs.yaml", "--start", "2020-01-01", "--end", "2020-06-30")
    (first, _cold), (again, warm) = (typed(place, *words) for _ in range(2))
    assert first == again
    assert warm == "loaded []"
