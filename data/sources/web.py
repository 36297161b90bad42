"""One answer of a server over https, whole, and what its refusals mean: for vendors that are asked by an address."""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import http.client
import socket
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping

from data.errors import DataError
from data.version import VERSION

TIMEOUT = 30.0
"""Seconds that the server may be silent."""
AGENT = f"hedge-backtest/{VERSION}"
"""Who asks, where a vendor wants to know no more than that."""


class StatusError(ConnectionError):
    """An answer with a status that is no success.

    `said`: in one line. `status`: of HTTP; 0 where the server wasn't asked. `wait`: seconds for which it asks to be
    left alone; 0 where it doesn't say.
    """

    def __init__(self, said: str, status: int = 0, wait: float = 0.0) -> None:
        super().__init__(said)
        self.status, self.wait = status, wait


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it is a refusal."""

    def redirect_request(self, *_told: object) -> None:
        """Return no request to follow it by."""


def fetched(url: str, title: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the body of an answer.

    Parameters
    ----------
    url
        Its address.
    title
        Of whom is asked, for messages.
    headers
        What is sent besides, to this address alone: with them no redirection is followed.

    Raises
    ------
    StatusError
        It answered with another status than success.
    ConnectionError
        It broke off, or what it sent is cut off: it may be tried again.
    DataError
        Its name isn't known here, as without a network.
    """
    told = {"User-Agent": AGENT, "Accept-Encoding": "gzip", **(headers or {})}
    request = urllib.request.Request(url, headers=told)  # noqa: S310  # its scheme is ours
    opener = urllib.request.build_opener(*((_Staying,) if headers else ()))
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            body: bytes = answer.read()
            packed = answer.headers.get("Content-Encoding") == "gzip"
    except urllib.error.HTTPError as refusal:
        wait = seconds_of(refusal.headers.get("Retry-After", ""))
        alone = f": it asks to be left alone for {wait:,.0f} s" if wait else ""
        said = f"{title} refuses for now ({refusal.code}, {refusal.reason}){alone}"
        raise StatusError(said, refusal.code, wait) from None
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        reason = getattr(error, "reason", error)
        if isinstance(reason, socket.gaierror):
            raise DataError(f"{title} can't be reached: {reason.strerror}: are you online?") from None
        raise ConnectionError(f"{title} can't be reached: {reason or type(reason).__name__}") from None
    try:
        return gzip.decompress(body) if packed else body
    except (EOFError, OSError, zlib.error):
        raise ConnectionError(f"{title}'s answer can't be read: it is cut off") from None


def fetched_text(url: str, title: str, headers: Mapping[str, str] | None = None) -> str:
    """Return an answer as text; raises as `fetched` does, and ConnectionError where it is none."""
    try:
        return fetched(url, title, headers).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConnectionError(f"{title}'s answer can't be read: it is no text") from None


def seconds_of(told: str) -> float:
    """Return the seconds from now that a header Retry-After tells, by number or by date; 0 for anything else."""
    if told.strip().isdecimal():
        return float(told)
    try:
        until = email.utils.parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return 0.0
    now = dt.datetime.now(dt.UTC)
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=dt.UTC)) - now).total_seconds())
