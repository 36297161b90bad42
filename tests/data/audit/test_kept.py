"""What the audit found is kept with the hash of all it read: the same findings to the letter, or it looks again."""

import numpy as np
import pytest
from command import write_history

from data.audit import kept
from data.audit.finding import Finding
from data.audit.kept import found_once
from data.audit.run import audit
from data.cache import DiskCache
from data.repairs import Repair
from data.sources import BARS
from data.sources.csv import CsvSource

DAYS = np.array(["2020-01-03", "NaT"], "datetime64[D]")
REPAIR = Repair("x", "SOXX", "price", np.datetime64("2020-01-03"), 0.1 + 0.2, "close")
FOUND = (
    Finding("SOXX-step", "error", "SOXX", "step", DAYS, "of 3 µ", "mend", "close", 1 / 3, REPAIR, ("SOXS", "SMH")),
    Finding("IRX-stale", "info", "IRX", "stale", DAYS[:1], "still", ""),
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    held = DiskCache(tmp_path / "cache")
    monkeypatch.setattr(kept, "user_cache", lambda: held)
    return held


@pytest.fixture
def source(tmp_path):
    return CsvSource(write_history(tmp_path / "market", "2020-01-02", "2020-06-30"))


class Looking:
    """Reads one instrument and finds what it is told to."""

    def __init__(self, found=FOUND):
        self.found, self.times = found, 0

    def __call__(self, source):
        self.times += 1
        if "SOXX" in source.names(BARS):
            source.read(BARS, "SOXX")
        return self.found


def test_the_same_history_is_looked_at_once(cache, source):
    look = Looking()
    first, again = (found_once(source, "which", look) for _ in range(2))
    assert look.times == 1
    assert first is FOUND
    assert repr(again) == repr(FOUND)
    found_once(source, "another question", look)
    assert look.times == 2


def test_it_looks_again_where_what_it_read_or_listed_differs(cache, source):
    look, bars = Looking(), source.folder / "bars"
    found_once(source, "which", look)
    text = (bars / "SOXS.csv").read_text()
    (bars / "SOXS.csv").write_text("\n".join(text.splitlines()[:-1]) + "\n")
    found_once(source, "which", look)
    assert look.times == 1  # it never read that one
    (bars / "SMH.csv").write_text(text)
    found_once(source, "which", look)
    assert look.times == 2
    text = (bars / "SOXX.csv").read_text()
    (bars / "SOXX.csv").write_text("\n".join(text.splitlines()[:-1]) + "\n")
    found_once(source, "which", look)
    assert look.times == 3


def test_what_was_refused_or_repaired_is_not_kept(cache, source):
    def refused(read):
        with pytest.raises(Exception, match="no such file"):
            read.read(BARS, "NONE")
        return FOUND

    found_once(source, "which", refused)
    look = Looking()
    found_once(source, "which", look)
    assert look.times == 1
    source.set_repairs([REPAIR])
    for _ in range(2):
        found_once(source, "repaired", look)
    assert look.times == 3


def test_a_damaged_answer_is_found_again(cache, source):
    look = Looking()
    found_once(source, "which", look)
    (file,) = (cache.folder / "audits").iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    found_once(source, "which", look)
    assert look.times == 2


def test_a_real_audit_is_told_again_to_the_letter(cache, source):
    path = source.folder / "bars" / "SOXX.csv"
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:40], *rows[44:]]) + "\n")
    first, again = (found_once(source, "all", lambda read: audit(read, ("SOXX", "SOXS"))) for _ in range(2))
    assert first
    assert repr(first) == repr(again)
