"""The user's cache: what takes seconds to make is kept there, and made again wherever that can't be read or written."""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.files import write_whole
from data.text import one_line

CHECKSUM_BYTES = 32


@dataclass
class DiskCache:
    """A folder of files that each begin with the checksum of their name and content.

    Parameters
    ----------
    folder
        Where they are kept. It needn't exist, nor be writable: a cache that can't be used is done without.
    warned
        Whether the error stream has been told that it can't be used.
    """

    folder: Path
    warned: bool = False

    def read(self, name: str) -> bytes | None:
        """Return what was kept under a name; None where nothing was, or where it is no longer what was kept."""
        try:
            kept = (self._absolute() / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(error)
            return None
        checksum, content = kept[:CHECKSUM_BYTES], kept[CHECKSUM_BYTES:]
        return content if checksum == _checksum(name, content) else None

    def keep(self, name: str, content: bytes) -> None:
        """Keep bytes under a name, which may lead through folders, in place of what was kept."""
        try:
            write_whole(self._absolute() / name, lambda path: path.write_bytes(_checksum(name, content) + content))
        except OSError as error:
            self._warn(error)

    def keep_few(self, name: str, content: bytes, most: int, *, settled: float = 0.0) -> None:
        """Keep bytes as `keep` does, and of the files in their folder none but the newest: so many.

        Where there are as many that were all kept in the last `settled` seconds, nothing is: a run that reads more than
        are kept would push out what the next one reads first.
        """
        with suppress(OSError):
            folder = (self._absolute() / name).parent if settled else None
            ages = [] if folder is None else [time.time() - path.stat().st_mtime for path in folder.glob("[!.]*")]
            if len(ages) >= most and max(ages) < settled:
                return
        self.keep(name, content)
        with suppress(OSError):  # another process was faster, or it can't be used, which was said
            files = [path for path in (self._absolute() / name).parent.iterdir() if not path.name.startswith(".")]
            for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)[most:]:
                path.unlink(missing_ok=True)

    def drop_older(self, beginning: str, most: int) -> None:
        """Remove folders whose names begin so, all but the newest: so many."""
        with suppress(OSError):
            found = sorted(self._absolute().glob(f"{beginning}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in found[most:]:
                shutil.rmtree(path, ignore_errors=True)

    def _absolute(self) -> Path:
        """Return the folder; raises OSError for one below a home that is unknown, which would be a folder named ~."""
        if not self.folder.is_absolute():
            raise OSError("there is no home folder")
        return self.folder

    def _warn(self, error: OSError) -> None:
        """Print once, and in a command's own process alone, that commands are slower without their cache."""
        from multiprocessing import parent_process

        if not self.warned and parent_process() is None:
            reason = error.strerror or error
            line = f"backtest: {self.folder}: can't be used as a cache: {reason}: commands start slower"
            sys.stderr.write(f"{one_line(line)}\n")
        self.warned = True


@lru_cache(maxsize=1)
def user_cache() -> DiskCache:
    """Return the cache of this machine's user."""
    import platformdirs

    try:
        return DiskCache(Path(platformdirs.user_cache_dir("hedge-backtest")))
    except RuntimeError:  # there is no home
        return DiskCache(Path("~/.cache/hedge-backtest"))


def _checksum(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + content).digest()
