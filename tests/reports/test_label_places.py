"""Labels of a picture: placed by themselves in a crowd, then held against what they may not do."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from reports.label_places import Box, Label, crosses, place_labels

FRAME = Box(0.0, 0.0, 620.0, 300.0)


def crowd(seed):
    """Return a dozen names of dots that lie in a heap at a slope, the slope, and the dots."""
    draws = np.random.default_rng(seed)
    x = [*draws.uniform(330.0, 400.0, 8).tolist(), 60.0, 150.0, 240.0, 450.0]
    y = [*draws.uniform(60.0, 160.0, 8).tolist(), 260.0, 205.0, 150.0, 22.0]
    labels = [
        Label((f"book {at} {10 + at}.5 %",), *spot, must=at == 0) for at, spot in enumerate(zip(x, y, strict=True))
    ]
    slope = [(60.0 + 78.0 * at, 260.0 - 47.6 * at, 138.0 + 78.0 * at, 212.4 - 47.6 * at) for at in range(5)]
    return labels, slope, [Box(a - 4.0, b - 4.0, a + 4.0, b + 4.0) for a, b in zip(x, y, strict=True)]


def test_labels_of_a_crowd_are_crossed_by_nothing():
    struck = run_through = 0
    for seed in range(8):
        labels, slope, dots = crowd(seed)
        placed = place_labels(labels, FRAME, dots, slope)
        boxes = [one.box for one in placed]
        assert len(placed) == len(labels)
        assert not any(one.meets(other) for at, one in enumerate(boxes) for other in boxes[:at])
        assert not any(box.meets(dot) for box in boxes for dot in dots)
        assert all(box.inside(FRAME) for box in boxes)
        struck += sum(crosses(box, line) for box in boxes for line in slope)
        run_through += sum(crosses(box, one.leader) for box in boxes for one in placed if one.leader and one.box != box)
    assert (struck, run_through) == (0, 0)


def test_labels_of_a_crowd_keep_off_faint_lines():
    struck = 0
    for seed in range(8):
        labels, slope, dots = crowd(seed)
        faint = [(one.x, one.y, other.x, other.y) for one, other in pairwise(labels[:8])]
        placed = place_labels(labels, FRAME, dots, slope, faint)
        assert len(placed) == len(labels)
        struck += sum(crosses(one.box, line) for one in placed for line in (*faint, *slope))
    assert struck == 0


@pytest.mark.parametrize("must", [False, True])
def test_what_has_no_room_is_left_out_unless_it_must_be_there(must):
    full = [Box(0.0, 0.0, 620.0, 300.0)]
    assert len(place_labels([Label(("book",), 300.0, 150.0, must=must)], FRAME, full, [])) == must
