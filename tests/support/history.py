"""Real market history, where it is: tests that need it ask for `folder` and skip with a reason when it isn't there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("BACKTEST_TEST_MARKET") or ROOT.parent / "shared" / "market")

needs_history = pytest.mark.skipif(
    not (FOLDER / "bars").is_dir(),
    reason="no real history: set BACKTEST_TEST_MARKET to a folder with bars/ and series/",
)
