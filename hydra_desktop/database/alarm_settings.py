"""What a hall says about its alarms as the database keeps it: JSON of what differs from the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..domain.alarm_settings import AlarmSettings, SuppressionRule

_DEFAULT = AlarmSettings()


def read(stored: Mapping[str, Any]) -> AlarmSettings:
    """The settings that were stored; what another version stored and this one doesn't know is left out."""
    known = {f.name for f in fields(AlarmSettings)}
    given = {name: value for name, value in stored.items() if name in known}
    if "rules" in given:
        given["rules"] = tuple(_rule(one) for one in given["rules"])
    return AlarmSettings(**given)


def stored(settings: AlarmSettings) -> dict[str, Any]:
    """The settings as JSON takes them."""
    given = _other_than(settings, _DEFAULT)
    if "rules" in given:
        given["rules"] = [
            {"name": rule.name, **_other_than(rule, SuppressionRule(rule.name))} for rule in settings.rules
        ]
    return given


def changes(old: AlarmSettings, new: AlarmSettings) -> list[str]:
    """What is different in `new`, a line each."""
    lines = [
        f"alarms: {f.name}: {getattr(old, f.name):g} -> {getattr(new, f.name):g}"
        for f in fields(AlarmSettings)
        if f.name != "rules" and getattr(old, f.name) != getattr(new, f.name)
    ]
    before, after = ({rule.name: rule for rule in one.rules} for one in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            lines.append(f"alarms: suppression {name}: gone")
        elif name not in before:
            lines.append(f"alarms: suppression {name}: new")
        else:
            for f in fields(SuppressionRule):
                one, other = getattr(before[name], f.name), getattr(after[name], f.name)
                if one != other:
                    lines.append(f"alarms: suppression {name}: {f.name}: {_word(one)} -> {_word(other)}")
    if not lines:
        lines.append("alarms: suppression: in another order")
    return lines


def _rule(values: Mapping[str, Any]) -> SuppressionRule:
    known = {f.name for f in fields(SuppressionRule)}
    given: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name in known
    }
    return SuppressionRule(**given)


def _other_than(settings: Any, default: Any) -> dict[str, Any]:
    values = {f.name: getattr(settings, f.name) for f in fields(settings)}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v != getattr(default, name)}


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
