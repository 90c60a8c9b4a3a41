"""What a station sounds, from what is known and what was silenced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.loudness import Annunciation, Loudness, Trouble
from hydra_desktop.domain.station import StationRole

NOON = datetime(2021, 8, 17, 12, tzinfo=UTC)
HIGH = Annunciation(1, 1, NOON, Severity.HIGH, "Bad", "CDC_occupancy", "")
LOW = Annunciation(1, 2, NOON, Severity.LOW, "Bad", "FDC_occupancy", "pad_2")


def tones(loudness: Loudness) -> list[str]:
    return [one.tone for one in loudness.soundings]


def test_the_most_severe_gives_the_tone_and_the_newest_the_words() -> None:
    newer = HIGH._replace(alarm_id=3, raised_at=NOON + timedelta(seconds=1), plot_type="BCAL_occupancy")
    (sounding,) = Loudness().hear([LOW, HIGH, newer]).soundings
    assert sounding == ("high", "BCAL occupancy, Bad, and 1 more")
    assert Loudness().hear([LOW]).soundings == (("low", "FDC occupancy pad 2, Bad"),)
    assert Loudness().hear([LOW._replace(severity=Severity.NONE)]).soundings == ()
    of_hall = HIGH._replace(plot_type="", label="No data")
    assert Loudness().hear([of_hall]).soundings == (("high", "No data"),)


def test_silence_ends_at_the_next_annunciation_and_a_rise_of_severity_is_one() -> None:
    silenced = Loudness().hear([HIGH, LOW]).silence()
    assert tones(silenced) == []
    assert tones(silenced.hear([LOW])) == []  # somebody took the other
    assert tones(silenced.hear([LOW, HIGH._replace(label="HotRegion")])) == []  # the same with another name
    assert tones(silenced.hear([HIGH, LOW._replace(severity=Severity.MEDIUM)])) == ["high"]
    assert tones(silenced.hear([]).hear([HIGH._replace(raised_at=NOON + timedelta(hours=1))])) == ["high"]


def test_trouble_sounds_in_turn_with_alarms_and_is_silenced_for_as_long_as_it_lasts() -> None:
    both = Loudness().hear([LOW]).suffer([Trouble.DATABASE])
    assert [tuple(one) for one in both.soundings] == [
        ("low", "FDC occupancy pad 2, Bad"), ("system", "Hydra's database does not answer")
    ]  # fmt: skip
    silenced = both.silence()
    assert tones(silenced) == tones(silenced.suffer([Trouble.DATABASE])) == []
    assert tones(silenced.suffer([Trouble.DATABASE, Trouble.PROGRAM])) == ["system"]
    assert tones(silenced.suffer([]).suffer([Trouble.DATABASE])) == ["system"]  # it came again
    assert tones(silenced.hear([LOW, HIGH])) == ["high"]


def test_a_viewer_never_sounds() -> None:
    loud = Loudness().hear([HIGH]).suffer(Trouble)
    assert tones(replace(loud, role=StationRole.VIEWER)) == []


ALARMS = st.builds(
    Annunciation, st.just(1), st.integers(1, 3), st.integers(0, 2).map(lambda s: NOON + timedelta(seconds=s)),
    st.sampled_from([Severity.LOW, Severity.HIGH]), st.just("Bad"), st.just("A"), st.just(""),
)  # fmt: skip


@given(st.lists(st.one_of(st.lists(ALARMS, max_size=3), st.just(None)), max_size=12))
def test_it_sounds_exactly_when_something_came_after_the_last_silence(told: list[list[Annunciation] | None]) -> None:
    loudness, unheeded = Loudness(), False
    known: set[object] = set()
    for one in told:
        if one is None:
            loudness, unheeded = loudness.silence(), False
        else:
            loudness = loudness.hear(one)
            keys = {alarm.key for alarm in one}
            unheeded = bool(keys - known) or (unheeded and bool(keys))
            known = keys
        assert not (unheeded is False and loudness.soundings)
        if unheeded:
            assert tones(loudness) == [max(alarm.severity for alarm in loudness.heard).word]
