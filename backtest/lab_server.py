"""The lab's server: starlette on 127.0.0.1; who may ask, how much, and what a browser may do with the page."""

from __future__ import annotations

import json
import re
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backtest.lab_desk import LabDesk, SupersededError
from data.errors import UserError
from engine.lab.given import AskedError

if TYPE_CHECKING:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
TOKEN_HEADER = "x-lab-token"  # noqa: S105  # a header's name
TOKEN = re.compile(r"[A-Za-z0-9_-]{22,86}")
LARGEST = 65_536
"""Bytes of a question."""
NEXT = 20
"""Ports that are tried, one after another, where the usual one is taken."""
HEADERS = {
    "cache-control": "no-store",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = NOTHING + "; connect-src 'self'; img-src data:; script-src 'nonce-{0}'; style-src 'nonce-{0}'"
REFUSED = 403
LACKING = "the address lacks the lab's token: open the address that backtest lab prints"
TOO_LONG = (413, "a question is too long")


def bound(port: int, *, exactly: bool) -> socket.socket:
    """Return a socket bound to the loopback alone: to a port, or to one of those that follow unless `exactly` it.

    Raises
    ------
    UserError
        None of them is free.
    """
    tried = range(port, port + 1 if exactly or port == 0 else min(port + NEXT, 65_536))
    for number in tried:
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, number))
            found.listen(64)
        except OSError:
            found.close()
        else:
            return found
    raise UserError(f"port {port} is taken: end what has it, or give another by --port (0: any that is free)")


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return what serves the application; its `run` takes the sockets, and ends when the process is interrupted."""
    import uvicorn

    config = uvicorn.Config(
        app,
        access_log=False,
        date_header=False,
        lifespan="off",
        log_level="error",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        ws="none",
    )
    return uvicorn.Server(config)


def lab_app(desk: LabDesk, token: str, port: int) -> ASGIApp:
    """Return the application: the page, and what it asks by POST."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    def page(_request: Request) -> Response:
        nonce = secrets.token_urlsafe(18)
        return HTMLResponse(desk.page(nonce), headers={"content-security-policy": PAGE.format(nonce)})

    def asking(answer: Callable[[dict[str, Any]], Any]) -> Any:  # what starlette calls
        async def ask(request: Request) -> Response:
            from starlette.concurrency import run_in_threadpool

            try:
                body = await request.body()
            except _TooLongError:
                return JSONResponse({"error": TOO_LONG[1]}, TOO_LONG[0])
            return await run_in_threadpool(_answered, answer, body)

        return ask

    def _answered(answer: Callable[[dict[str, Any]], Any], body: bytes) -> Response:
        try:
            return JSONResponse(answer(_question(body)))
        except SupersededError as error:
            return JSONResponse({"error": str(error)}, 409)
        except UserError as error:
            key = error.key if isinstance(error, AskedError) else ""
            return JSONResponse({"error": str(error), "key": key}, 422)

    asked: dict[str, Callable[[dict[str, Any]], Any]] = {
        "move": desk.move,
        "answer": desk.answer,
        "copy": desk.copy,
        "keep": desk.keep,
        "kept": lambda _asked: desk.kept(),
        "book": desk.book,
    }
    routes = [Route("/", page, methods=["GET"])]
    routes += [Route(f"/{name}", asking(answer), methods=["POST"]) for name, answer in asked.items()]
    return Guard(Starlette(routes=routes), token, port)


def _question(body: bytes) -> dict[str, Any]:
    def refuse(name: str) -> float:
        raise AskedError(f"{name} is no number")

    try:
        asked = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise AskedError("a question is JSON") from None
    if not isinstance(asked, dict):
        raise AskedError("a question holds keys and values")
    return asked


class Guard:
    """Lets through who is asked for by the lab's own address, from its own page, with its token; refuses the rest.

    Parameters
    ----------
    app
        What is guarded.
    token
        What the address holds, and a page's questions carry as a header.
    port
        Where it listens: a name that is made to lead here (DNS rebinding) shows as another Host.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in (HOST, "localhost")}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have the application do so."""
        if scope["type"] != "http":
            return
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        why = self._refusal(scope, headers)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _value in message["headers"]}
                own = {**HEADERS, "content-security-policy": NOTHING}
                more = [(name.encode(), value.encode()) for name, value in own.items() if name.encode() not in given]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        if why:
            await _refuse(sent, *why)
            return
        await self._app(scope, _limited(receive), sent)

    def _refusal(self, scope: Scope, headers: dict[bytes, list[bytes]]) -> tuple[int, str] | None:
        """Return with what status and words a request is refused; None where it isn't."""
        hosts, posted = headers.get(b"host", []), scope["method"] == "POST"
        length = headers.get(b"content-length", [b"0"])[0]
        refusals = (
            (len(hosts) != 1 or hosts[0] not in self._hosts, 421, "the lab is asked for by 127.0.0.1 alone"),
            (self._is_another_page(headers, posted=posted), REFUSED, "the lab answers no other page"),
            (scope["method"] not in ("GET", "POST"), 405, "the lab takes GET and POST"),
            (not self._knows(scope, headers, posted=posted), REFUSED, LACKING),
            (posted and headers.get(b"content-type") != [b"application/json"], 415, "a question is application/json"),
            (not length.isdigit() or int(length) > LARGEST, TOO_LONG[0], TOO_LONG[1]),
        )
        return next(((status, why) for refused, status, why in refusals if refused), None)

    def _is_another_page(self, headers: dict[bytes, list[bytes]], *, posted: bool) -> bool:
        """Return whether a browser says that a page of another origin asks."""
        site = headers.get(b"sec-fetch-site", [b"same-origin"])
        foreign = any(origin not in self._origins for origin in headers.get(b"origin", []))
        return foreign or (posted and site != [b"same-origin"])

    def _knows(self, scope: Scope, headers: dict[bytes, list[bytes]], *, posted: bool) -> bool:
        """Return whether a request carries the token: a page's address in its query, a question in a header."""
        from urllib.parse import parse_qs

        if posted:
            given = headers.get(TOKEN_HEADER.encode(), [])
        else:
            query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=8) if _short(scope) else {}
            given = [text.encode() for text in query.get("token", [])]
        return len(given) == 1 and secrets.compare_digest(given[0], self._token)


def _short(scope: Scope) -> bool:
    query: bytes = scope["query_string"]
    return len(query) < 1_000 and query.count(b"&") < 8


class _TooLongError(Exception):
    """A question is longer than it said."""


def _limited(receive: Receive) -> Receive:
    """Return what receives no more than a question may have."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > LARGEST:
            raise _TooLongError
        return message

    return limited


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps({"error": why}).encode() + b"\n"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
