"""Several manifests, and folders by label, taken one after the other: all are read first, so a bad one stores nothing.

What was taken before a stop, or before a store that fails, stays, and is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import ManifestError, SiteError, Stopped
from ..sources.label_folders import read_label_folders
from ..sources.manifest import ManifestRow, read_manifest
from .importing import SHOWN, Refusal, import_rows
from .progress import Progress


@dataclass(frozen=True)
class Imported:
    """What came of it: new plots by plot type, what was there already, and what wasn't taken.

    `refused` are those of each manifest or folder. `ended` says why it ended before its end, "" where it didn't.
    """

    added: Mapping[str, int]
    known: int = 0
    labelled: int = 0
    new_labels: Sequence[tuple[str, str]] = ()
    refused: Sequence[tuple[Path, Refusal]] = ()
    ended: str = ""

    def text(self) -> str:
        """All of it in words, the answer first."""
        parts = [f"{count:,} plot{'' if count == 1 else 's'} of {name}" for name, count in sorted(self.added.items())]
        taken = f"{', '.join(parts)} imported" if parts else "No new plot imported"
        lines = [f"{taken}, {len(self.refused):,} refused."]
        if self.ended:
            lines.insert(0, self.ended)
        if self.known:
            lines.append(f"{self.known:,} were there already; {self.labelled:,} labels were given or changed.")
        if self.new_labels:
            lines.append(f"New labels: {', '.join(f'{label} of {name}' for name, label in self.new_labels)}.")
        for reason, count in Counter(refusal.reason for _, refusal in self.refused).most_common():
            of_it = [(path, refusal) for path, refusal in self.refused if refusal.reason == reason]
            lines.append(f"Not taken, {reason}: {count:,}")
            lines += [f"  {path.name} {refusal.line}: {refusal.message}" for path, refusal in of_it[:SHOWN]]
            if count > SHOWN:
                lines.append(f"  and {count - SHOWN:,} more")
        return "\n".join(lines)


def import_several(
    database: Database, hall_name: str, images: ImageStore, sources: Sequence[Path], *, user: str, progress: Progress
) -> Imported:
    """Take manifests, and folders of PLOT_TYPE/LABEL, into a hall, made if it is new.

    Raises ManifestError where one can't be read as what it is; nothing is stored then.
    """
    everything = [(path, _rows(path)) for path in sources]
    total, done, so_far = sum(len(rows) for _, rows in everything), 0, Counter[str]()
    known = labelled = 0
    new_labels: list[tuple[str, str]] = []
    refused: list[tuple[Path, Refusal]] = []
    ended = ""
    for path, rows in everything:
        before, of_this = Counter(so_far), done

        def tell(
            _stage: str, fraction: float, path: Path = path, rows: int = len(rows), of_this: int = of_this
        ) -> None:
            at = of_this + round(fraction * rows)
            progress(f"importing {path.name}: {at:,} of {total:,}", at / total)

        def stored(added: Mapping[str, int], before: Counter[str] = before) -> None:
            so_far.clear()
            so_far.update(before + Counter(added))

        try:
            report = import_rows(
                database, hall_name, images, path, rows, user=user, progress=Progress(tell), stored=stored
            )
        except (Stopped, SiteError) as error:
            ended = (
                "Stopped; import the same again to take the rest."
                if isinstance(error, Stopped)
                else f"{error} What was stored until then stays; import the same again to take the rest."
            )
            break
        done += len(rows)
        known, labelled = known + report.known, labelled + report.labelled
        new_labels += report.new_labels
        refused += [(path, one) for one in report.refused]
    return Imported(so_far, known, labelled, tuple(dict.fromkeys(new_labels)), refused, ended)


def _rows(path: Path) -> list[ManifestRow]:
    try:
        return read_label_folders(path) if path.is_dir() else read_manifest(path)
    except ManifestError as error:
        raise ManifestError(f"{error}\nNothing was imported.") from error
