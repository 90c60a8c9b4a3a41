"""A hall's alarms in its settings file: the tables `alarms` and `alarms.suppression`, and a plot type's rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ..domain.alarm_settings import AlarmSettings, SuppressionRule
from ..domain.errors import SettingsError
from ..domain.hall import AlarmRule
from ..domain.label import Severity
from .settings_parts import Part, SecondsOrNone, clean, storable
from .toml_text import number, text

HELP = """\
# How alarms work; of each time or number 0 switches off what it is for.
# shelve_at_most_s   for how long a person may put an alarm aside
# quiet_after_s      without any plot, while there is beam or nobody knows: an alarm
# repeated_chunks    chunks with the same picture, while there is beam: an alarm
# flood_over         alarms in ten minutes, more are a flood ...
# flood_until        ... which is over when there are fewer than this
# canary_every_s     how often a plot that is known to be faulty is sent through the whole chain
# canary_within_s    after which time without its verdict and its sound there is an alarm
# unanswered_after_s after which a monitor or a database that doesn't answer is an alarm
#
# [[alarms.suppression]]  when alarms mean nothing, by design; the file names all of these rules, or none and they stay
# name           by which it is shown
# beam_off       true: while the beam is off
# beam_below_na  while the beam current is below this, in nA
# run_states     while the run is in one of these states, as the beam file names them
# first_s        in the first seconds of a run
# entries_below  while the run has fewer events than this
# stays_s        for how long it stays when its conditions are over
# groups         for the plot types of these groups only
# plot_types     for these plot types only; with neither it is for all
"""

RULE_HELP = """\
# alarm_rule       k, n          a fault alarms when k of the last n chunks had it
#                  on_delay_s    for which time that must have been so
#                  off_delay_s   for which time it must be over before the alarm ends
#                  hysteresis    by how much the probability of the fault must have fallen below its threshold, 0..1
#                  latches       true: it stays until a person resets it
#                  once_per_run  true for cumulative plots, which don't become good again in a run
#                  unfamiliar    severity of an Unfamiliar plot that deviates strongly in one place: none (never an
#                                alarm), low, medium, high, or "" for the highest of its faulty labels
"""


class AlarmRulePart(Part):
    """A plot type's `alarm_rule`."""

    k: Annotated[int, Field(ge=1, le=1000)] | None = None
    n: Annotated[int, Field(ge=1, le=1000)] | None = None
    on_delay_s: SecondsOrNone | None = None
    off_delay_s: SecondsOrNone | None = None
    hysteresis: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    latches: bool | None = None
    once_per_run: bool | None = None
    unfamiliar: Literal["", "none", "low", "medium", "high"] | None = None

    def alarm_rule(self, current: AlarmRule) -> AlarmRule:
        """The rule that follows; raises SettingsError when it doesn't hold."""
        given = _given(self)
        if "unfamiliar" in given:
            given["unfamiliar"] = Severity.from_word(given["unfamiliar"]) if given["unfamiliar"] else None
        k, n = given.get("k", current.k), given.get("n", current.n)
        if k > n:
            raise SettingsError(f"k must not be more than n (k = {k}, n = {n})")
        return replace(current, **given)


class SuppressionPart(Part):
    """One of `alarms.suppression`."""

    name: str
    beam_off: bool | None = None
    beam_below_na: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] | None = None
    run_states: list[str] | None = None
    first_s: SecondsOrNone | None = None
    entries_below: Annotated[int, Field(ge=0, le=10**15)] | None = None
    stays_s: SecondsOrNone | None = None
    groups: list[str] | None = None
    plot_types: list[str] | None = None

    _name = field_validator("name")(clean)

    @field_validator("run_states", "groups", "plot_types")
    @classmethod
    def _names(cls, names: list[str] | None) -> list[str] | None:
        for name in names or ():
            if not name:
                raise ValueError("holds an empty name")
            storable(name)
        return names

    @model_validator(mode="after")
    def _has_condition(self) -> SuppressionPart:
        rule = self.rule()
        if not (rule.beam_off or rule.beam_below_na or rule.run_states or rule.first_s or rule.entries_below):
            raise ValueError(
                "has no condition: set one or more of beam_off, beam_below_na, run_states, first_s, entries_below"
            )
        return self

    def rule(self) -> SuppressionRule:
        """The rule that it says."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in _given(self).items()
        }
        return SuppressionRule(**given)


class AlarmsPart(Part):
    """The table `alarms`."""

    shelve_at_most_s: SecondsOrNone | None = None
    quiet_after_s: SecondsOrNone | None = None
    repeated_chunks: Annotated[int, Field(ge=0, le=1000)] | None = None
    flood_over: Annotated[int, Field(ge=0, le=10_000)] | None = None
    flood_until: Annotated[int, Field(ge=0, le=10_000)] | None = None
    canary_every_s: SecondsOrNone | None = None
    canary_within_s: SecondsOrNone | None = None
    unanswered_after_s: SecondsOrNone | None = None
    suppression: list[SuppressionPart] | None = None

    @field_validator("repeated_chunks")
    @classmethod
    def _several(cls, value: int | None) -> int | None:
        if value == 1:
            raise ValueError("must be 2 at least, or 0 for never: one picture repeats nothing")
        return value

    @field_validator("suppression")
    @classmethod
    def _distinct(cls, parts: list[SuppressionPart] | None) -> list[SuppressionPart] | None:
        names = [part.name for part in parts or ()]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"names {name} twice")
        return parts

    def alarms(self, current: AlarmSettings) -> AlarmSettings:
        """The settings that follow; raises SettingsError when they don't hold."""
        given = _given(self)
        given.pop("suppression", None)
        if self.suppression is not None:
            given["rules"] = tuple(part.rule() for part in self.suppression)
        made = replace(current, **given)
        if made.flood_over and made.flood_until > made.flood_over:
            raise SettingsError(
                f"flood_until must not be more than flood_over ({made.flood_until} and {made.flood_over})"
            )
        return made


def lines(settings: AlarmSettings) -> Iterator[str]:
    """The tables as the file shows them."""
    yield "[alarms]"
    yield HELP.rstrip()
    for f in fields(AlarmSettings):
        if f.name != "rules":
            yield f"{f.name} = {number(getattr(settings, f.name))}"
    if not settings.rules:
        yield "suppression = []"
    for rule in settings.rules:
        usual = SuppressionRule(rule.name)
        yield ""
        yield "[[alarms.suppression]]"
        yield f"name = {text(rule.name)}"
        for f in fields(SuppressionRule):
            value = getattr(rule, f.name)
            if value != getattr(usual, f.name):
                yield f"{f.name} = {_written(value)}"


def rule_text(rule: AlarmRule) -> str:
    """A plot type's rule as the file shows it."""
    parts = (f"{f.name} = {_written(getattr(rule, f.name))}" for f in fields(AlarmRule))
    return f"{{ {', '.join(parts)} }}"


def _given(part: Part) -> dict[str, Any]:
    return {name: value for name in part.model_fields_set if (value := getattr(part, name)) is not None}


def _written(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Severity):
        return text(value.word)
    if isinstance(value, tuple):
        return f"[{', '.join(text(one) for one in value)}]"
    return number(value)
