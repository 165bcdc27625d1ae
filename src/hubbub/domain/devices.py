"""What a device is called where its user looks over the places they are signed in at."""

from __future__ import annotations

import re

from hubbub.domain.text import check_text

LONGEST_NAME = 64

# The first that is found counts: most browsers claim to be others as well, and every Android to be a Linux.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z_-]*(?=/|\s|$)")  # of a program: no version, and nothing that names a host


def device_name(given: str | None, user_agent: str) -> str:
    """The name that a client gives its device, else a short reading of its User-Agent (RFC 9110, 10.1.5).

    As in "Firefox on Linux"; empty where nothing can be told. Raises `TooLarge`, `InvalidText`.
    """
    if given is not None and given.strip():
        return check_text(" ".join(given.split()), "device_name", LONGEST_NAME)
    browser, system = (_first_of(known, user_agent) for known in (_BROWSERS, _SYSTEMS))
    if browser and system:
        return f"{browser} on {system}"
    program = _PRODUCT.match(user_agent)
    return browser or system or (program[0][:LONGEST_NAME] if program else "")


def _first_of(known: dict[str, str], user_agent: str) -> str:
    return next((name for mark, name in known.items() if mark in user_agent), "")
