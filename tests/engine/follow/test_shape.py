"""What a line has to hold: a log of any run passes, and one in which anything is missing names line and key."""

import json

import pytest
from followed import FIRST, call, restated, world

from data.errors import DataError
from engine.follow.log import read_log
from engine.follow.shape import check_lines

FORGED = {
    "books": (2, lambda line: line.pop("books")),
    "bars.HHH.close": (2, lambda line: line["bars"]["HHH"].update(close=None)),
    "books.hedged.equity": (3, lambda line: line["books"]["hedged"].update(equity=float("nan"))),
    "bars": (3, lambda line: line["bars"].pop("HHH")),
    "date": (3, lambda line: line.update(date="2019-06-01")),
    "written": (3, lambda line: line.update(written="yesterday")),
    "kind": (3, lambda line: line.update(kind="registration")),
    "scales.given_up": (0, lambda line: line["scales"].pop("given_up")),
    "promised": (0, lambda line: line.update(promised=None)),
    "terms.slippage.0": (0, lambda line: line["terms"].update(slippage=["a", 0.0])),
    "found.0.column": (4, lambda line: line["found"][0].pop("column")),
    "found.0.what": (4, lambda line: line["found"][0].update(what="more")),
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    out = tmp_path_factory.mktemp("shaped")
    for row in (FIRST, FIRST + 3):
        call(out, row)
    made = call(out, FIRST + 4, restated(world(), "AAA", FIRST + 2, volume=7.0))
    return read_log(made.folder)


def test_a_log_as_it_is_written_passes(chain):
    assert check_lines(chain) is chain
    assert [entry["kind"] for entry in chain.entries] == ["registration", *["close"] * 3, "changed", "close"]


@pytest.mark.parametrize("key", FORGED)
def test_what_cannot_be_used_is_told_by_line_and_key(chain, key):
    place, forge = FORGED[key]
    entries = json.loads(json.dumps(chain.entries))
    forge(entries[place])
    with pytest.raises(
        DataError, match=rf"log\.jsonl:{place + 1}: the line holds no {key} that can be used: another version"
    ):
        check_lines(chain._replace(entries=tuple(entries)))
