"""The proof says what state a strategy keeps outside itself, and where; one that keeps none passes."""

import pytest
from leaks import write_strategy
from stateful import KEPT, KINDS, write_stateful
from worlds import configured, source

from engine.validation.prove import prove

FED = source(3, 60)
NAMES = {
    "list of the module": "SEEN of stateful.py",
    "global": "N of stateful.py",
    "list of a class": "Kept.seen of stateful.py",
    "default argument": "count of stateful.py",
    "lru_cache": "NUMBERS of stateful.py",
    "seeded generator": "RNG of stateful.py",
    "module beside": "SEEN of kept_beside.py",
    "module elsewhere": "SEEN of kept_elsewhere.py",
}


def state_of(named):
    return next(one for one in prove(configured({"strategy.class": named}), FED, 1).checks if one.name == "state")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", KEPT)
def test_state_outside_itself_is_told_and_named(tmp_path, where, kind):
    check = state_of(write_stateful(tmp_path, where, kind))
    assert check.outcome == "warning"
    assert NAMES.get(where, "") in check.sentence
    assert where not in NAMES or NAMES[where] in check.details["kept"]


CACHE = """
import functools

@functools.lru_cache
def window(days):
    return np.ones(days) / days

CACHE = {}

@dataclass
class Keyed(CloseStrategy):
    days: int = 5

    def __post_init__(self):
        super().__post_init__()
        self.seen = []

    def on_close(self, view, book):
        self.seen.append(view.total_return()[-1])
        key = (str(view.date), self.days)
        if key not in CACHE:
            CACHE[key] = float(view.total_return()[-self.days:] @ window(self.days))
        return 0.2 if view.total_return()[-1] < CACHE[key] else 0.0
"""


@pytest.mark.parametrize("text", [CACHE])
def test_a_cache_by_its_keys_and_state_of_its_own_pass(tmp_path, text):
    check = state_of(write_strategy(tmp_path, "Keyed", text))
    assert (check.outcome, check.sentence) == ("passed", "it keeps nothing from one asking to the next")
