"""Every error that Hydra raises by itself.

HydraError
├── SiteError               the site can mend it; the message says what to do
│   ├── SettingsError       a settings file or option is wrong
│   │   └── UnknownPlotTypeError   a model is of a plot type that the hall doesn't have
│   ├── ManifestError       a manifest can't be read as one
│   ├── PlotError           one plot can't be taken; all else goes on
│   │   ├── PlotNameError   its file name doesn't fit the hall's pattern
│   │   └── PictureError    its picture is damaged, too large or no picture
│   ├── StorageError        a folder or file can't be read or written
│   ├── DatabaseError       the database is away, too old or too new
│   │   └── BusyError       others are in the way; the same may work in a moment
│   ├── LeaseLostError      another monitor owns this source now
│   ├── TrainingError       there is not enough to train on
│   ├── PlotReferenceError  these plots can't be the reference of a plot type
│   ├── LabelingError       a label can't be given, or there is nothing to take back
│   ├── AlarmActError       an alarm can't be shelved, commented or taken as asked
│   ├── HistoryError        there is nothing to show of that time or run
│   ├── ModelFileError      a model file is damaged, tampered with or made for another backbone
│   └── LibraryError        a model can't be put live, taken back or tried as asked
│       ├── ActiveChangedError   somebody else changed the active model meanwhile
│       └── WorseModelError      the model is worse than the active one; a person may overrule that
└── Stopped                 a person asked the work to stop

Anything else that surfaces is a fault of our own.
"""

from __future__ import annotations


class HydraError(Exception):
    """Root of all errors raised by Hydra itself."""


class SiteError(HydraError):
    """The site can mend it; the message says what happened and what to do."""


class SettingsError(SiteError):
    """A settings file or option is wrong."""


class UnknownPlotTypeError(SettingsError):
    """A model is of a plot type that the hall doesn't have; it may have another name here."""


class ManifestError(SiteError):
    """A manifest can't be read as one."""


class PlotError(SiteError):
    """One plot can't be taken; all else goes on."""


class PlotNameError(PlotError):
    """The file name of a plot doesn't fit the hall's pattern."""


class PictureError(PlotError):
    """The picture of a plot is damaged, too large or no picture at all."""


class StorageError(SiteError):
    """A folder or file can't be read or written."""


class DatabaseError(SiteError):
    """The database is away, too old or too new for this program."""


class BusyError(DatabaseError):
    """Others are in the way, and nothing was changed; the same may work in a moment."""


class LeaseLostError(SiteError):
    """Another monitor owns this source now."""


class TrainingError(SiteError):
    """There is not enough to train on."""


class PlotReferenceError(SiteError):
    """These plots can't be the reference of a plot type, or there are none yet."""


class LabelingError(SiteError):
    """A label can't be given, or there is nothing to take back."""


class AlarmActError(SiteError):
    """An alarm can't be put aside, commented or moved as asked; nothing was changed."""


class HistoryError(SiteError):
    """There is nothing to show of that time or run."""


class ModelFileError(SiteError):
    """A model file is damaged, tampered with, or made for another backbone."""


class LibraryError(SiteError):
    """A model can't be put live, taken back or tried as asked; nothing was changed."""


class ActiveChangedError(LibraryError):
    """Somebody else changed the active model since this person looked; nothing was changed."""


class WorseModelError(LibraryError):
    """The model is worse than the active one; a person may put it live in spite of that. Nothing was changed."""


class Stopped(HydraError):
    """A person asked the work to stop."""
