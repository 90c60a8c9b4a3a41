"""What is known of a model and of its plot type's past, as a page of words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ...domain.library import Activation, ActivationKind, ShadowDay, by, named
from ...services.model_listing import LibraryModel, Shelf
from ...services.shadow import ShadowReport
from .. import words
from ..theme import Theme

MOST_DIFFERENCES, MOST_CHANGES = 3, 30


def page(theme: Theme, shelf: Shelf, model: LibraryModel | None, report: ShadowReport | None) -> str:
    """The page in HTML."""
    parts = []
    if model is not None:
        if model.shadows or not model.active:
            parts += [_title(theme, f"Model {model.id} in shadow"), _shadow(theme, model, report)]
        parts += [_title(theme, f"Thresholds of model {model.id}"), _thresholds(theme, model)]
        if model.origin:
            parts += [_title(theme, "Where it comes from"), _words(model.origin[:1].upper() + model.origin[1:])]
    parts += [_title(theme, f"What was live of {shelf.plot_type}"), _history(theme, shelf.activations)]
    return f"<html><body>{''.join(parts)}</body></html>"


def _title(theme: Theme, text: str) -> str:
    return f'<p style="font-size:{theme.px(14)}px; font-weight:bold; margin-top:{theme.px(10)}px">{escape(text)}</p>'


def _words(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _muted(theme: Theme, text: str) -> str:
    return f'<p style="color:{theme.colours.muted}">{escape(text)}</p>'


def _table(theme: Theme, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    c, gap = theme.colours, theme.px(4)
    head = "".join(f'<td style="color:{c.muted}">{escape(one)}</td>' for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in row)}</tr>" for row in rows)
    return f'<table cellpadding="{gap}" cellspacing="0"><tr>{head}</tr>{body}</table>'


def _shadow(theme: Theme, model: LibraryModel, report: ShadowReport | None) -> str:
    if not model.shadows:
        return _muted(theme, "Not yet. In shadow it judges each new plot beside the live model, and alarms nobody.")
    last = model.shadows[-1]
    since = f"{words.day(last.since)} by {by(last.user, last.station)}"
    until = f" until {words.day(last.ended_at)}" if last.ended_at is not None else ", still running"
    if report is None or report.model_id != model.id:
        return _muted(theme, f"Since {since}{until}. Reading what it said...")
    if not report.days:
        return _muted(theme, f"Since {since}{until}. It has judged no plot yet; it does as plots come in.")
    days = [*report.days, *([report.total] if len(report.days) > 1 else [])]
    rows = [(one.day, f"{one.same} of {one.plots}", _differences(one), _right(one)) for one in days]
    heads = ("Day (UTC)", "the same", "different (live → shadow)", "right on labelled plots")
    return _muted(theme, f"Since {since}{until}.") + _table(theme, heads, rows)


def _differences(day: ShadowDay) -> str:
    told = [f"{count} {was} → {now}" for (was, now), count in list(day.differences.items())[:MOST_DIFFERENCES]]
    more = len(day.differences) - MOST_DIFFERENCES
    return ", ".join([*told, *([f"{more} other kinds"] if more > 0 else [])]) or "none"


def _right(day: ShadowDay) -> str:
    if not day.labelled:
        return "none labelled"
    return f"live {day.active_right}, shadow {day.shadow_right} of {day.labelled}"


def _thresholds(theme: Theme, model: LibraryModel) -> str:
    if not model.threshold_changes:
        return _muted(theme, "None are kept.")
    rows = [
        (
            words.day(one.at),
            one.user,
            ", ".join(f"{label} {value:.2f}" for label, value in one.values.items()),
            f"{one.chosen} ({one.comment})" if one.comment else one.chosen,
        )
        for one in model.threshold_changes[:MOST_CHANGES]
    ]
    return _table(theme, ("Since", "by", "thresholds", "how"), rows)


def _history(theme: Theme, changes: Sequence[Activation]) -> str:
    if not changes:
        return _muted(theme, "Nothing yet: no model of it was ever live.")
    rows = [
        (
            f"{words.day(one.at)} {words.clock(one.at)[:5]}",
            by(one.user, one.station),
            _done(one),
            ". ".join(filter(None, (one.comment, f"In spite of: {one.in_spite_of}" if one.in_spite_of else ""))),
        )
        for one in changes[:MOST_CHANGES]
    ]
    more = len(changes) - MOST_CHANGES
    return _table(theme, ("When", "who", "what", "why"), rows) + (
        _muted(theme, f"{more} earlier ones: hydra-desktop models list {changes[0].plot_type}") if more > 0 else ""
    )


def _done(one: Activation) -> str:
    done = {
        ActivationKind.ACTIVATED: f"{named(one.model_id)} live",
        ActivationKind.ROLLED_BACK: f"back to {named(one.model_id)}",
        ActivationKind.DEACTIVATED: f"{named(one.before_id)} out of service",
    }[one.kind]
    return f"{done}, set {one.set_name}" if one.set_name else done
