"""Values as TOML writes them; the standard library reads TOML but doesn't write it."""

from __future__ import annotations

import re

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def key(name: str) -> str:
    """A key, in quotes where TOML wants them."""
    return name if _BARE_KEY.fullmatch(name) else _basic(name)


def text(value: str) -> str:
    """A text: as it stands where that is possible, on several lines when it has them."""
    if "\n" in value:
        return '"""\n' + "\n".join(_escaped(line) for line in value.split("\n")) + '"""'
    if "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"  # a regular expression stays readable
    return _basic(value)


def number(value: float) -> str:
    """A number, without a fraction where it has none."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _basic(value: str) -> str:
    return f'"{_escaped(value)}"'


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(c) or (c if c.isprintable() or ord(c) > 0x9F else f"\\u{ord(c):04X}") for c in value)
