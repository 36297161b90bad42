"""Folders of runs: written whole or not at all, and found again by a run's name or id."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from data.errors import UserError, did_you_mean
from data.files import locked, replace_synced
from engine.runs.identity import ID_LENGTH

RUN = re.compile(rf"[^.].*-[0-9a-f]{{{ID_LENGTH}}}")
"""Names of runs' folders."""
KEPT = re.compile(rf".*-(?P<kind>sweep|search|walkforward)-[0-9a-f]{{{ID_LENGTH}}}")
"""Names of the folders of what else is kept; a run's may fit, too."""
MANIFEST, METRICS, CONFIG = "manifest.json", "metrics.json", "config.yaml"
LEFT = re.compile(rf"\.(?P<run>{RUN.pattern})\.[0-9a-f]{{8}}\.(?P<kind>tmp|old)")
"""Names of folders that a run is writing, or that a killed one left behind."""
LISTED = 4
"""How many runs a message names."""


@contextmanager
def run_folder(name: str, out: Path) -> Iterator[tuple[Path, Path]]:
    """Give a temporary folder to write into, and rename it at the end: a killed run leaves nothing half-written.

    Yields
    ------
    Path, Path
        Where to write now, and where it will stand: `name` in `out`. An existing folder is replaced whole.
    """
    final = out / name
    writing = out / f".{name}.{secrets.token_hex(4)}.tmp"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            with locked(out):  # so that nobody sweeps it up before its own lock is held
                _sweep_up(out)
                writing.mkdir()
                held.enter_context(locked(writing))
            yield writing, final
            with locked(out):
                _replace(writing, final)
    except OSError as error:
        raise UserError(
            f"{out}: can't be written: {error.strerror or error}: choose another folder with --out"
        ) from error
    finally:
        shutil.rmtree(writing, ignore_errors=True)


def _replace(writing: Path, final: Path) -> None:
    """Rename into place; an older folder of that name steps aside first and is removed after."""
    aside = writing.with_suffix(".old")
    if final.exists():
        final.rename(aside)
    replace_synced(writing, final)
    shutil.rmtree(aside, ignore_errors=True)


def _sweep_up(out: Path) -> None:
    """Mend what killed runs left: a folder that had stepped aside goes back, what nobody is writing any more goes."""
    for left in out.iterdir():
        name = LEFT.fullmatch(left.name)
        if name is None:
            continue
        if name["kind"] == "old" and not (out / name["run"]).exists():
            left.rename(out / name["run"])
            continue
        with suppress(BlockingIOError, FileNotFoundError), locked(left, wait=False):
            shutil.rmtree(left, ignore_errors=True)


def find_run(named: str, runs: Path) -> Path:
    """Find a kept run's folder.

    Parameters
    ----------
    named
        A folder; or, of those in `runs`, the folder's name, the run's id or name, or how only one of them begins.
    runs
        Where runs are kept.

    Raises
    ------
    UserError
        There is none, or more than one.
    """
    if any(os.path.lexists(Path(named) / name) for name in (MANIFEST, METRICS)):
        return Path(named)
    wanted = Path(named).name if Path(named).parent in (Path(), runs) else named
    kept = kept_folders(runs)
    tiers = (
        [folder for folder in kept if folder == wanted],
        [folder for folder in kept if id_of(folder) == wanted],
        [folder for folder in kept if _name(folder) == wanted],
        [folder for folder in kept if wanted and (folder.startswith(wanted) or id_of(folder).startswith(wanted))],
    )
    for found in tiers:
        if len(found) == 1:
            return runs / found[0]
        if found:
            more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
            raise UserError(f"{named}: fits {len(found)} runs: {', '.join(found[:LISTED])}{more}: write more of it")
    raise UserError(f"{named}: {_nothing(wanted, kept, runs)}")


def kept_folders(runs: Path) -> list[str]:
    """Return the names of the kept runs' folders, sorted."""
    return sorted(folder.name for folder in folders_of(runs, "run"))


def folders_of(place: Path, kind: str) -> list[Path]:
    """Return what is kept of a kind in a place: ``run``, ``sweep``, ``search`` or ``walkforward``.

    What is of another kind or half-written is passed over; what is damaged isn't. Raises UserError where the place
    can't be read.
    """
    try:
        names = [path for path in place.iterdir() if RUN.fullmatch(path.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{place}: can't be read: {error.strerror or error}") from None
    return [folder for folder in names if _kind_of(folder) == kind]


def _kind_of(folder: Path) -> str | None:
    """Return of what kind a kept folder is; None for one that is unfinished or isn't ours."""
    if (named := KEPT.fullmatch(folder.name)) and not os.path.lexists(folder / CONFIG):
        return named["kind"] if os.path.lexists(folder / MANIFEST) else None
    return "run" if any(os.path.lexists(folder / name) for name in (MANIFEST, METRICS)) else None


def id_of(folder: str) -> str:
    """Return the id at the end of a folder's name."""
    return folder[-ID_LENGTH:]


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))


def _name(folder: str) -> str:
    return folder[: -ID_LENGTH - 1].removesuffix("-SIMULATED")


def _nothing(wanted: str, kept: list[str], runs: Path) -> str:
    if not kept:
        return f"no such run, and none is kept in {runs}: backtest run hedge_soxs.yaml --out {quoted(runs)} makes one"
    near = did_you_mean(wanted, [*kept, *map(id_of, kept), *map(_name, kept)])
    return f"no such run in {runs}{near or f': backtest runs --out {quoted(runs)} lists them'}"
