"""Telling somebody elsewhere, by apprise: which alone knows what an address means, and asks the network."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from data.errors import UserError

PATIENCE = 30.0
"""Seconds that a message may take."""


def import_apprise() -> Any:  # the module
    """Return apprise; raises UserError that tells how to install it."""
    if find_spec("apprise") is None:
        raise UserError("--notify needs apprise: pip install 'hedge-backtest[notify]'")
    import apprise

    return apprise


def check_addresses(addresses: Sequence[str]) -> None:
    """Raise UserError where an address is none that apprise knows; it isn't shown, as it may hold a password."""
    apprise = import_apprise()
    for place, address in enumerate(addresses, 1):
        if not _quietly(apprise, lambda address=address: apprise.Apprise().add(address)):
            raise UserError(
                f"--notify {named(address, place)}: it is no address that apprise knows, such as json://HOST"
            )


def notify(addresses: Sequence[str], title: str, body: str) -> list[str]:
    """Send a text to every address; return those that it didn't reach, as `named`."""
    apprise, failed = import_apprise(), list[str]()
    for place, address in enumerate(addresses, 1):
        sender = apprise.Apprise(
            asset=apprise.AppriseAsset(async_mode=False)
        )  # its threads would be waited for at exit
        sender.add(address)
        if not _quietly(apprise, lambda sender=sender: _in_time(lambda: _sent(sender, title, body))):
            failed.append(named(address, place))
    return failed


def _sent(sender: Any, title: str, body: str) -> bool:
    """Return whether every service took it; apprise's own way is by threads that Python waits for at its end."""
    return all(service.notify(title=title, body=body) for service in sender)


def _in_time(send: Callable[[], Any]) -> bool:
    """Return whether it was sent within `PATIENCE`: a server that answers a byte at a time would hold us for ever."""
    sent = list[bool]()

    def attempt() -> None:
        with suppress(Exception):  # a plug-in's own fault is no traceback of ours: the log is written
            sent.append(bool(send()))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return sent == [True]


def named(address: str, place: int) -> str:
    """Return an address without its secrets: what it begins with, and its place among those given."""
    scheme, found, _rest = address.partition("://")
    return f"{scheme}://... (the {place}. address)" if found and scheme.isalnum() else f"the {place}. address"


def _quietly(apprise: Any, does: Any) -> bool:
    """Return whether it worked; what apprise logs may hold the address, so that it isn't shown."""
    logger, level = apprise.logger, apprise.logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        return bool(does())
    except Exception:  # noqa: BLE001  # a plug-in's own fault is no traceback of ours: the log is written
        return False
    finally:
        logger.setLevel(level)
