"""Repeats tones, says words between them, and looks for a sound device until there is one that takes a sound."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from .. import paths
from ..domain.loudness import Sounding
from ..domain.station import LOOKING
from . import speech
from .player import find_player
from .sound_server import SoundServer
from .speech import Speech
from .tones import PERIOD_S, end_s
from .wave_file import read

LOOK_AGAIN_MS = 2000
TEST_AGAIN_MS = 300_000  # where nothing sounds, to see whether the device still takes a sound
LOOK_FIRST_MS = 200  # while it isn't known yet whether the device takes a sound
BEFORE_WORDS_S, AFTER_WORDS_S = 0.3, 0.4
AUDIBLE = "this station is audible"


class Siren(QObject):
    """Sounds what it is told, in turns, until it is told otherwise.

    `told` carries how sound stands in words, and whether any can be made.
    """

    told = Signal(str, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state, self.can_sound = LOOKING, False
        self._server = SoundServer()
        self._server_lives = self._server.lives(1.0)
        self._folder = paths.shipped("resources") / "sounds"
        self._player = find_player(self._folder, server_lives=self._server_lives)
        self._failed = ""
        self._volume = 1.0
        self._soundings: tuple[Sounding, ...] = ()
        self._turn, self._now = 0, ""
        self._speech = Speech(self)
        self._speaks = False
        self._repeat = _once(self, self._play_next)
        self._words = _once(self, self._say_words)
        self._watch = _once(self, self.look)
        self._test = QTimer(self)
        self._test.timeout.connect(self._test_device)
        self._test.start(TEST_AGAIN_MS)
        self.look()

    def sound(self, soundings: Sequence[Sounding]) -> None:
        """Sound these in turns; what sounds already goes on, another tone in its place begins at once."""
        former, self._soundings = self._soundings, tuple(soundings)
        if self._speaks:
            for one in self._soundings:
                self._speech.file(one.words)
        if not self._soundings:
            if former:  # else at most a test sounds, which is to be heard to its end
                self._repeat.stop()
                self._words.stop()
                if self._player is not None:
                    self._player.stop()
        elif not former or former[0].tone != self._soundings[0].tone:
            self._turn = 0
            self._play_next()

    def test(self) -> None:
        """Sound once, to be heard; where alarms sound they are test enough."""
        if not self._soundings:
            self._play("medium")

    def set_volume(self, volume: float) -> None:
        """How loud, 0..1."""
        self._volume = min(1.0, max(0.0, volume))
        if self._player is not None:
            self._player.set_volume(self._volume)
        self._tell()

    def set_speech(self, on: bool) -> str:
        """Whether words are said between the tones; gives why they can't be, "" when they can."""
        self._speaks = on
        return speech.missing() if on else ""

    def look(self) -> None:
        """Look whether sound can be made, and say it when that changed."""
        lives = self._server.lives()
        if self._player is None or lives is not self._server_lives:
            if self._server_lives and not lives:
                self._failed = "the sound server went away"
                self._say(self._failed)
            self._server_lives = lives
            if self._player is not None:
                self._player.close()
            self._player = find_player(self._folder, server_lives=lives)
            if self._player is not None:
                self._player.set_volume(self._volume)
                self._play_next()
        elif self._player.problem():
            self._failed = self._player.problem()
            if not self._soundings:  # else a tone tries it soon
                self._player.try_again()
        self._tell()
        waits = self._player is not None and not self._player.proven() and not self._failed
        self._watch.start(LOOK_FIRST_MS if waits else LOOK_AGAIN_MS)

    def close(self) -> None:
        """Be silent and leave nothing."""
        self._soundings = ()
        for timer in (self._repeat, self._words, self._watch, self._test):
            timer.stop()
        if self._player is not None:
            self._player.close()
        self._speech.close()

    def _test_device(self) -> None:
        if self._player is not None and not self._soundings:
            self._player.try_again()

    def _tell(self) -> None:
        """Say how sound stands; what failed before stays failed until a device takes a sound."""
        if self._player is None:
            self._say("no sound device")
        elif self._player.problem():
            self._failed = self._player.problem()
            self._say(self._failed)
        elif self._player.proven():
            self._failed = ""
            self._say("" if self._volume else "its volume is 0")
        elif self._failed:
            self._say(self._failed)

    def _say(self, problem: str) -> None:
        state = f"NO SOUND: {problem}" if problem else AUDIBLE
        if (state, not problem) != (self.state, self.can_sound):
            self.state, self.can_sound = state, not problem
            self.told.emit(state, self.can_sound)

    def _play_next(self) -> None:
        """Play what has its turn, and come again after its period, or when its words have been said."""
        if not self._soundings:
            return
        one = self._soundings[self._turn % len(self._soundings)]
        self._turn, self._now = self._turn + 1, one.words
        self._repeat.start(round(1000 * PERIOD_S[one.tone]))
        self._words.stop()
        if self._speaks and one.words:
            self._speech.file(one.words)  # begins to be made
            self._words.start(round(1000 * (end_s(one.tone) + BEFORE_WORDS_S)))
        self._play(one.tone)

    def _say_words(self) -> None:
        """Say what sounds, after its tone; the next tone waits for the end of the words."""
        file = self._speech.file(self._now)
        if self._player is not None and file is not None:
            takes_ms = round(1000 * (read(file).length_s + AFTER_WORDS_S))
            self._repeat.start(max(takes_ms, self._repeat.remainingTime()))
            self._player.speak(file)

    def _play(self, tone: str) -> None:
        if self._player is not None:
            self._player.play(tone)
            self._tell()


def _once(siren: Siren, work: object) -> QTimer:
    timer = QTimer(siren)
    timer.setSingleShot(True)
    timer.timeout.connect(work)
    return timer
