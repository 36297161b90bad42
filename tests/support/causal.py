"""No look-ahead, bit by bit: what a later bar holds, and whether it is there at all, changes nothing before it."""

from __future__ import annotations

from collections.abc import Callable

from data.arrays import Floats

Signal = Callable[[Floats], Floats]


def assert_causal(signal: Signal, values: Floats) -> None:
    """Assert that a signal's row i hangs on rows up to i alone."""
    whole = signal(values)
    assert len(whole) == len(values)
    for last in range(1, len(values)):
        changed = values[: last + 1].copy()
        changed[-1] = 1.5 * changed[-1] + 1.0
        assert_same_bits(signal(changed)[:-1], whole[:last])
        assert_same_bits(signal(values[: last + 1]), whole[: last + 1])


def assert_same_bits(ours: Floats, theirs: Floats) -> None:
    """Assert that two arrays hold the same bytes, and tell where they don't."""
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    differing = [(row, a, b) for row, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a.tobytes() != b.tobytes()]
    assert not differing, differing[:3]
