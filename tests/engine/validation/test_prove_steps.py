"""Whoever waits for a proof is shown at which step of how many it is, and at which part of that."""

from leaks import write_strategy
from worlds import configured, source

from engine.validation.proof import Steps
from engine.validation.prove import STEPS, prove


def test_every_step_and_every_cut_is_told_and_the_bar_never_goes_back(tmp_path):
    told = []
    config = configured({"strategy.class": write_strategy(tmp_path, "Shifted")})
    prove(config, source(3, 60), 5, lambda step, *, advance=True: told.append((step, advance)))
    steps = [step.partition(":")[0] for step, _ in told]
    assert list(dict.fromkeys(steps)) == [f"step {number} of {STEPS}" for number in range(1, STEPS + 1)]
    for number in range(1, 6):
        assert f"step 4 of {STEPS}: cutting history short, cut {number} of 5" in [step for step, _ in told]
    assert all(advance >= 0 for _, advance in told)
    assert abs(sum(advance for _, advance in told) - (STEPS - 1)) < 1e-9


def test_a_part_moves_the_bar_by_what_is_done():
    told = []
    steps = Steps(2, lambda step, *, advance=True: told.append((step, advance)))
    steps.begin("one")
    steps.part("cut", 1, 4)
    steps.part("cut", 2, 4)
    steps.begin("two")
    assert told == [
        ("step 1 of 2: one", 0.0),
        ("step 1 of 2: cut 1 of 4", 0.0),
        ("step 1 of 2: cut 2 of 4", 0.25),
        ("step 2 of 2: two", 0.75),
    ]
