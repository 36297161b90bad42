"""The lab as a person starts it, on a port of its own, in a thread of this process."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "a-token-that-is-long-enough-for-a-lab"  # noqa: S105  # of a test


@dataclass(frozen=True)
class OpenLab:
    """A lab that listens, and its desk."""

    port: int
    desk: Any

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={TOKEN}"

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
        """Ask as any program can, with headers of any kind; an underline in a name stands for a hyphen."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked.putrequest(method, path, skip_host="host" in named, skip_accept_encoding=True)
        if body is not None:
            named.setdefault("content-length", str(len(body)))
        for name, value in named.items():
            asked.putheader(name, value)
        asked.endheaders(body)
        answer = asked.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        asked.close()
        return told

    def ask(self, what: str, asked: object, **headers: str) -> tuple[int, Any]:
        """Ask as the page does."""
        given = {"content_type": "application/json", "x_lab_token": TOKEN, **headers}
        status, _headers, body = self.request("POST", f"/{what}", json.dumps(asked).encode(), **given)
        return status, json.loads(body)


@contextmanager
def open_lab(files: list[str], out: Path, port: int = 0) -> Iterator[OpenLab]:
    """Open a lab on runs, by their files."""
    import uvicorn

    from backtest.lab_desk import LabDesk, LabFile
    from backtest.lab_server import bound, lab_app, server_of
    from backtest.options import command_line
    from engine.loading import find_run, load_config

    def made(file: str) -> LabFile:
        return LabFile(
            file,
            lambda: load_config(find_run(file)[0]),
            lambda more: command_line(("run",), file, None, more, None, None),
        )

    listening = bound(port, exactly=port != 0)
    desk = LabDesk([made(file) for file in files], [load_config(find_run(file)[0]) for file in files], out)
    server: uvicorn.Server = server_of(lab_app(desk, TOKEN, listening.getsockname()[1]))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield OpenLab(listening.getsockname()[1], desk)
    finally:
        server.should_exit = True
        thread.join()
