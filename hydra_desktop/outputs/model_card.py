"""The card of a model that came from elsewhere, as what may be stored of it: known things of known types."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..domain.errors import ModelFileError

Check = Callable[[object], bool]

MOST = 2**63  # the whole numbers that a database takes are below
DEEPEST = 8
OF_HERE = ("newest_label", "labels_seen", "reference_sets", "imported")  # says something of one database only


def for_elsewhere(card: Mapping[str, Any]) -> dict[str, Any]:
    """What of a card means the same in another database."""
    return {name: value for name, value in card.items() if name not in OF_HERE}


def checked(card: object) -> dict[str, Any]:
    """What a foreign card holds of what is known, other things left out; raises ModelFileError for another type."""
    if not isinstance(card, dict):
        raise ModelFileError("This exported model's card is none; export it again.")
    found = {name: card[name] for name in _CARD if name in card}
    _expect(found, _CARD, "")
    if "figures" in found:
        figures = found["figures"]
        found["figures"] = {name: figures[name] for name in _FIGURES if name in figures}
        _expect(found["figures"], _FIGURES, "figures.")
    return found


def is_text(value: object) -> bool:
    """Whether a value is a text that every database takes: no NUL, no half of a character."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)


def _expect(values: Mapping[str, object], checks: Mapping[str, tuple[Check, str]], of: str) -> None:
    for name, value in values.items():
        is_right, wanted = checks[name]
        if not is_right(value):
            raise ModelFileError(
                f"This exported model can't be used: {of}{name} on its card is {repr(value)[:60]} and not {wanted}; "
                "have it exported again where it comes from."
            )


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST


def _is_count(value: object) -> bool:
    return isinstance(value, int) and _is_whole(value) and value >= 0


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _by_name(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(is_text, value)) and all(map(check, value.values()))


def _is_run(value: object) -> bool:
    """Whether it is a run period with a run number."""
    return isinstance(value, list) and len(value) == 2 and is_text(value[0]) and _is_whole(value[1])


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether it is of texts and finite numbers, in lists and dicts."""
    if isinstance(value, dict | list) and depth < DEEPEST:
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return all(_is_plain(one, depth + 1) for one in parts)
    return value is None or isinstance(value, bool) or is_text(value) or _is_number(value)


_TEXT, _COUNT, _NUMBER = (is_text, "a text"), (_is_count, "a count"), (_is_number, "a finite number")
_TEXTS, _COUNTS = (_list_of(is_text), "a list of texts"), (_by_name(_is_count), "counts by name")
_NUMBER_OR_NONE = (_or_none(_is_number), "a finite number or null")
_PLAIN = (_is_plain, "plain texts and finite numbers")
_CARD: dict[str, tuple[Check, str]] = {
    **dict.fromkeys(("plot_type", "backbone", "split", "second_recipe", "device"), _TEXT),
    **dict.fromkeys(("accepted", "runs", "epochs"), _COUNT),
    **dict.fromkeys(("log_loss", "temperature"), _NUMBER),
    **dict.fromkeys(("run_periods", "trained_on", "held_out"), _TEXTS),
    **dict.fromkeys(("plots", "references"), _COUNTS),
    "runs_seen": (_list_of(_is_run), "run periods with run numbers"),
    **dict.fromkeys(("recipe", "unfamiliar", "versions", "log_loss_by_epoch"), _PLAIN),
    "figures": (lambda value: isinstance(value, dict), "figures by name"),
}
_FIGURES: dict[str, tuple[Check, str]] = {
    "plots": _COUNT,
    "macro_f1": _NUMBER,
    **dict.fromkeys(
        ("auc", "false_alarms_per_1000", "false_positives_per_1000", "unfamiliar_good_share"), _NUMBER_OR_NONE
    ),
    "recall": (_by_name(_is_number), "finite numbers by label"),
    "confusion": (_by_name(_by_name(_is_count)), "counts by label and verdict"),
}
