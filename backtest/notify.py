"""Telling somebody elsewhere, by apprise: which alone knows what an address means, and asks the network."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from data.errors import UserError


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
        sender = apprise.Apprise()
        sender.add(address)
        if not _quietly(apprise, lambda sender=sender: sender.notify(title=title, body=body)):
            failed.append(named(address, place))
    return failed


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
