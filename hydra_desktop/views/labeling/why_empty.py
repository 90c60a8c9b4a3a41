"""Why no plot is shown, and what to do."""

from __future__ import annotations

from ...domain.labeling import Queue
from .. import words
from .desk import Counts, Desk
from .queue_side import CLEAR, QueueSide

NO_PLOT_TYPE = (
    "This hall has no plot type yet, so there is nothing to label.\nhydra-desktop import MANIFEST.csv takes plots in; "
    "once the monitor runs, it keeps some of those it judges. F5 looks anew."
)
OF_QUEUES = {
    Queue.UNLABELLED: "Every plot of this plot type that is kept has a label.\nChoose another queue at the left with "
    "F6, or another plot type.",
    Queue.UNCONFIRMED: "No plot waits whose verdict is Unconfirmed.",
    Queue.UNFAMILIAR: "No plot waits that the model has seen nothing like.",
    Queue.CONTESTED: "The shift contests no verdict now.\nOn the wall, in a plot's detail view, W says that a "
    "verdict is wrong.",
    Queue.DISAGREE: "Model and labels agree wherever a plot has both.",
    Queue.DISPUTED: "No two people disagree on a plot.",
    Queue.SUSPECT: "No label is suspect.\nTraining looks for them: hydra-desktop train PLOT_TYPE.",
    Queue.MISTAKE: "No plot waits that the newest model told wrong when its training held it out.\n"
    "Training fills this queue: hydra-desktop train PLOT_TYPE.",
    Queue.RANDOM: "Every plot of this plot type that is kept has a label.",
    Queue.EVERY: "No plot of this plot type is kept yet.\nhydra-desktop import MANIFEST.csv takes plots from files; "
    "the monitor keeps some of those it judges.",
}


def why_empty(desk: Desk, side: QueueSide, counts: Counts) -> str:
    """Why no plot of a plot type is shown though none is on its way."""
    others = sum(count for _, count in desk.others)
    if desk.left and others >= desk.left:
        return f"The {words.count(others, 'plot')} left are in other people's hands."
    if desk.left and desk.session.skipped:
        return f"You skipped the {words.count(desk.left - others, 'plot')} left; Backspace takes that back."
    if side.filters.count:
        why = side.problem or f"No plot of this queue fits: {side.wishes}."
        return f"{why}\n{CLEAR} clears the filters."
    return OF_QUEUES[Queue.EVERY if counts.queues.get(Queue.EVERY) == 0 else side.queue]
