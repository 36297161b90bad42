"""What was found before in the same history, so that a run needn't look again: kept in the user's cache.

An answer is kept with the hash of all that was read for it. Where anything of that is different now, where something
can't be read, or where repairs are applied, whose own history may matter, it is looked for anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from data.audit.finding import Finding
from data.audit.repairing import keeper_of
from data.cache import user_cache
from data.calendar import LAST
from data.errors import DataError
from data.fingerprint import digest_lines, fingerprint
from data.repairs import as_json, from_json
from data.sources import Held, Kind, Source
from data.sources.wrapped import Wrapped
from data.version import made_by

LIBRARIES = ("numpy", "exchange_calendars")
FOLDER, MOST = "audits", 256
"""Where they lie in the cache, and how many."""

Look = Callable[[Source], tuple[Finding, ...]]


@dataclass(frozen=True)
class Noting(Wrapped):
    """A source that notes what is read of it, and whether it refused anything."""

    reads: set[str] = field(init=False, default_factory=set, compare=False)
    listed: set[str] = field(init=False, default_factory=set, compare=False)
    refused: list[DataError] = field(init=False, default_factory=list, compare=False)

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, sorted."""
        self.listed.add(str(kind))
        return super().names(kind)

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history; raises DataError."""
        self.reads.add(f"{kind}/{name}")
        try:
            return super().read(kind, name)
        except DataError as error:
            self.refused.append(error)
            raise


def found_once(source: Source, question: str, look: Look) -> tuple[Finding, ...]:
    """Return what `look` finds in a source, or what it found before in the same history.

    Parameters
    ----------
    source
        What is looked at.
    question
        All that the answer hangs on besides what is read of the source, and the code.
    look
        Looks at a source; it may be given another one that answers as this one does.
    """
    keeper = keeper_of(source)
    if keeper is not None and keeper.repairs():
        return look(source)
    name = f"{FOLDER}/{hashlib.sha256(f'{_maker()} {source.name} {question}'.encode()).hexdigest()[:32]}"
    kept = user_cache().read(name)
    if kept is not None and (found := _answer(json.loads(kept), source)) is not None:
        return found
    noting = Noting(source)
    found = look(noting)
    packed = None if noting.refused else _packed(found, source, noting)
    if packed is not None:
        user_cache().keep_few(name, packed, MOST)
    return found


def _answer(kept: Mapping[str, Any], source: Source) -> tuple[Finding, ...] | None:
    """Return the findings that were kept; None where the source isn't what it was."""
    if kept["inputs"] != _inputs(source, kept["reads"], kept["listed"]):
        return None
    return tuple(map(_finding, kept["found"]))


def _packed(found: Iterable[Finding], source: Source, noted: Noting) -> bytes | None:
    """Return findings with the hash of what was read; None where they couldn't be told again to the letter."""
    told = [_told(each) for each in found]
    if any(each.dates.dtype != np.dtype("<M8[D]") for each in found) or told != [
        _told(_finding(each)) for each in told
    ]:
        return None
    reads, listed = sorted(noted.reads), sorted(noted.listed)
    content = {"reads": reads, "listed": listed, "inputs": _inputs(source, reads, listed), "found": told}
    return json.dumps(content).encode()


def _inputs(source: Source, reads: Iterable[str], listed: Iterable[str]) -> dict[str, str]:
    names = {f"names/{kind}": digest_lines(source.names(Kind(kind))) for kind in listed}
    return names | fingerprint(source, reads, LAST)


def _told(finding: Finding) -> dict[str, Any]:
    words = asdict(finding) | {"dates": finding.dates.astype(np.int64).tolist(), "against": list(finding.against)}
    factor = None if finding.factor is None else float(finding.factor)
    return words | {"factor": factor, "repair": None if finding.repair is None else as_json([finding.repair])}


def _finding(told: Mapping[str, Any]) -> Finding:
    dates = np.array(told["dates"], np.int64).astype("datetime64[D]")
    repair = None if told["repair"] is None else from_json(told["repair"])[0]
    return Finding(**{**told, "dates": dates, "against": tuple(told["against"]), "repair": repair})


@lru_cache(maxsize=1)
def _maker() -> str:
    return made_by(LIBRARIES)
