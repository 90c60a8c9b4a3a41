"""Training: which plot types gain from it, one key to train one, some or all that changed, and the jobs of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...domain.training import GAINS, Job, JobState, Light, Stop
from ...services.model_listing import Shelf
from ...services.training_state import TypeState, changed
from .. import keys
from ..row import Row
from ..theme import Theme
from .import_bar import ImportBar
from .job_panel import JobPanel
from .options_panel import OptionsPanel
from .queue_view import JobDelegate, JobListModel, QueueView
from .speech import NO_JOB, NO_PLOT_TYPE, NONE_SHOWN, READING, headline, subtitle
from .type_delegate import TypeDelegate
from .type_list_model import TypeListModel
from .type_view import TypeTable


class TrainingScreen(QWidget):
    """Shows plain state; tells by signals what a person wants.

    `training_asked` carries names and options, `stop_asked` a job and how it is to end, `report_asked` a model,
    `labeling_asked` a plot type. `model_shown` carries the plot type whose new model is shown, with which
    `activation_asked` (a model) and `roll_back_asked` go; its `imports` have signals of their own.
    """

    training_asked = Signal(list, object)
    stop_asked = Signal(int, object)
    report_asked = Signal(int)
    labeling_asked = Signal(str)
    model_shown = Signal(str)
    activation_asked = Signal(int)
    roll_back_asked = Signal()
    asked_anew = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("screen")
        self._theme = theme
        self.states: Mapping[str, TypeState] | None = None
        self.jobs: Sequence[Job] = ()
        self.types, self.listed = TypeListModel(), JobListModel()
        self.delegate = TypeDelegate(theme)
        self.table = TypeTable(theme, self.delegate, self.types)
        self.panel, self.options = JobPanel(theme), OptionsPanel(theme)
        self._job_delegate = JobDelegate(theme)  # a view doesn't own its delegate
        self.queue = QueueView(self._job_delegate, self.listed)
        self.title, self.subtitle, self.told = QLabel(READING), QLabel(), QLabel()
        self.empty, self.detail, self.queue_title, self.no_job = QLabel(), QLabel(), QLabel("Queue"), QLabel(NO_JOB)
        self.imports = ImportBar(theme, self.title)
        self.search = QLineEdit()
        self.lights: dict[Light | None, QPushButton] = {light: QPushButton() for light in (None, *Light)}
        self.one, self.some, self.all, self.label = (QPushButton() for _ in range(4))
        self._job_id: int | None = None  # the one that a person looks at
        self._lay_out()
        self._connect()
        self._make_shortcuts()
        self.rescale()
        self._refresh()

    def show_states(self, states: Mapping[str, TypeState], *, in_order: bool) -> None:
        """Show how plot types stand; `in_order`: the most urgent first, else each stays in its place."""
        was_empty, self.states = not self.states, states
        self.delegate.most = max((sum(one.labelled.counts.values()) for one in states.values()), default=1) or 1
        self.types.show_states(states, in_order=in_order)
        self.types.show_jobs(self.jobs)
        self._show_job()
        self.listed.show_few(frozenset(name for name, one in states.items() if one.standing.light is Light.TOO_FEW))
        if self.table.view.row < 0 and self.types.rows:
            self.table.view.setCurrentIndex(self.types.index(0))
        self._refresh()
        if was_empty and self.isVisible():  # until now there was nothing to put the cursor into
            self.take_focus()

    def show_jobs(self, jobs: Sequence[Job]) -> None:
        """Show the jobs of the hall."""
        if list(jobs) == list(self.jobs):
            return
        self.jobs = jobs
        self.listed.show_jobs(jobs)
        self.types.show_jobs(jobs)
        self._show_job()
        self._refresh()

    def show_shelf(self, shelf: Shelf | None, acting: bool) -> None:
        """Show what is live of the plot type whose new model is shown; `acting`: that is being changed."""
        self.panel.show_shelf(shelf, acting)
        self._tell_keys()

    def tell(self, message: str) -> None:
        """Say what came of what was asked."""
        self.told.setText(message)
        self.told.setVisible(bool(message))

    def show_failure(self, message: str) -> None:
        """Say that nothing could be read, and why."""
        if self.states is None:
            self.title.setText("How the plot types stand can't be read")
        self.tell(message)

    def take_focus(self) -> None:
        """Put the cursor into the table; without a plot type to where some come from."""
        (self.table.view if self.types.rows or self.states is None else self.imports.button).setFocus()

    def set_wall_mode(self, _on: bool) -> None:
        """Nothing here is for the wall."""

    def close_threads(self) -> None:
        """Nothing here runs in the background."""

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setStyleSheet(
            f"#card {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(4)}px; }}"
            f"#muted {{ color: {c.muted}; }}"
            f"#chip {{ padding: {px(4)}px {px(9)}px; }} #chip:checked {{ border: 2px solid {c.text}; }}"
            f"QPushButton:flat {{ border: none; background: transparent; padding: {px(4)}px; }}"
            f"QPushButton:flat:focus {{ border: 2px solid {c.text}; }}"
            f"QCheckBox {{ border: 2px solid {c.panel}; }} QCheckBox:focus {{ border-color: {c.text}; }}"
            f"QPlainTextEdit {{ background: {c.background}; border: 1px solid {c.line}; }}"
        )
        self.title.setStyleSheet(f"font-size: {px(20)}px; font-weight: bold;")
        self.queue_title.setStyleSheet(f"font-weight: bold; padding: {px(8)}px {px(12)}px {px(4)}px {px(12)}px;")
        for label in (self.empty, self.no_job):
            label.setStyleSheet(f"font-size: {px(14)}px; color: {c.muted}; padding: {px(12)}px;")
        self.search.setFixedWidth(px(210))
        self._right.setFixedWidth(min(px(560), round(self.width() * 0.4)) if self.width() > px(600) else px(560))
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self._outer.setContentsMargins(px(12), px(10), px(12), px(10))
        for part in (self.imports, self.table, self.panel, self.options):
            part.rescale()
        self.queue.setMinimumHeight(px(140))
        self.queue.scheduleDelayedItemsLayout()
        self._rows.fit()

    def resizeEvent(self, event) -> None:
        """The right side takes its share."""
        super().resizeEvent(event)
        self._right.setFixedWidth(min(self._theme.px(560), round(self.width() * 0.4)))

    def _lay_out(self) -> None:
        self.told.setObjectName("told")
        self.told.setWordWrap(True)
        self.told.setVisible(False)
        self.told.setAccessibleName("Answer")
        self.subtitle.setObjectName("muted")
        self.detail.setObjectName("muted")
        self.detail.setMinimumWidth(1)
        for label in (self.empty, self.no_job):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.search.setPlaceholderText("Search plot types  [/]")
        self.search.setAccessibleName("Search plot types")
        self.search.setClearButtonEnabled(True)
        self._rows = Row()
        self._rows.row.setContentsMargins(0, 0, 0, 0)
        self._group = QButtonGroup(self)
        for light, button in self.lights.items():
            button.setObjectName("chip")
            button.setCheckable(True)
            button.setChecked(light is None)
            self._group.addButton(button)
            self._rows.row.addWidget(button)
        self._rows.row.addStretch(1)
        self._rows.row.addWidget(self.search)
        self._rows.may_go(*([button] for light, button in reversed(self.lights.items()) if light not in GAINS))
        self.all.setObjectName("main")
        bottom = Row()
        bottom.row.setContentsMargins(0, 0, 0, 0)
        bottom.row.addWidget(self.detail, 1)
        for button in (self.label, self.one, self.some, self.all):
            bottom.row.addWidget(button)
        bottom.may_go([self.detail])
        self._asking = (self.detail, self.label, self.one, self.some, self.all)
        left = QVBoxLayout()
        for widget in (self.imports, self.subtitle, self.told, self._rows):
            left.addWidget(widget)
        left.addWidget(self.table, 1)
        left.addWidget(self.empty, 1)
        left.addWidget(bottom)
        queue = QFrame()
        queue.setObjectName("card")
        inside = QVBoxLayout(queue)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.queue_title)
        inside.addWidget(self.no_job, 1)  # takes the list's room where there is none
        inside.addWidget(self.queue, 1)
        self._right = QScrollArea()
        self._right.setWidgetResizable(True)
        self._right.setFrameShape(QFrame.Shape.NoFrame)
        self._right.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._right.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("screen")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        column.addWidget(queue, 1)
        column.addWidget(self.options)
        self._right.setWidget(page)
        self._outer = QHBoxLayout(self)
        self._outer.addLayout(left, 1)
        self._outer.addWidget(self._right)
        self._layouts = (left, self._outer, column)

    def _connect(self) -> None:
        self._group.buttonClicked.connect(lambda _button: self._narrow())
        self.search.textChanged.connect(lambda _text: self._narrow())
        self.types.dataChanged.connect(lambda *_: self._refresh())
        self.table.view.moved.connect(self._refresh)
        self.table.view.trained.connect(lambda row: self._train([self.types.rows[row].name]))
        self.table.view.acted.connect(self._act)
        self.one.clicked.connect(lambda: self._train([self.types.rows[self.table.view.row].name]))
        self.some.clicked.connect(lambda: self._train(self.types.selected))
        self.all.clicked.connect(lambda: self._train(self.changed))
        self.label.clicked.connect(lambda: self.labeling_asked.emit(self.types.rows[self.table.view.row].name))
        self.panel.stop_asked.connect(self.stop_asked)
        self.panel.report_asked.connect(self.report_asked)
        self.panel.activation_asked.connect(self._activate)
        self.panel.roll_back_asked.connect(self._roll_back)
        self.queue.chosen.connect(self._look_at)
        self.queue.acted.connect(self._act_on_job)

    def _make_shortcuts(self) -> None:
        self._actions = {
            button: keys.add(self, key, text, button.click)
            for key, text, button in (
                ("T", "Train the selected plot types", self.some),
                ("Shift+T", "Train all that changed", self.all),
                ("L", "Label the plot type", self.label),
                ("Ctrl+.", "Cancel the job that is shown", self.panel.cancel),
                ("Ctrl+B", "Stop the job and keep the best so far", self.panel.keep),
                ("R", "Report of the model that is shown", self.panel.report),
                ("Ctrl+Return", "Put the model that is shown live", self.panel.activate),
                ("B", "Go back to what was live before", self.panel.back),
                ("G", "Show or fold the log of the job", self.panel.fold),
                ("O", "Show or fold the options", self.options.fold),
            )
        }
        for key, text, work in (
            ("/", "Search plot types", self.search.setFocus),
            ("Esc", "Show all plot types and the job that runs, or the next new model", self._clear),
            ("F5", "Look anew, the most urgent first", self.asked_anew.emit),
            ("F6", "To the queue", self.queue.setFocus),
            ("F7", "To the plot types", self.take_focus),
        ):
            keys.add(self, key, text, work)
        keys.also(self, "Ctrl+Return", "Ctrl+Enter")
        self.imports.add_keys(self)
        keys.tell(self.table.view, "Enter", "Train the plot type")

    @property
    def changed(self) -> list[str]:
        """The plot types whose labels changed, but for those in the queue; as they are listed."""
        found = set(changed(self.states or {}))
        return [name for name, row in self.types.everything.items() if name in found and row.job is None]

    def _train(self, names: list[str]) -> None:
        options = self.options.options
        free = [name for name in names if self.types.everything[name].job is None]
        if options is None:
            self.tell("The options can't be used: the false alarms a day are no number. O shows them.")
        elif free:
            self._job_id = None  # what is asked for is what is to be seen
            self.training_asked.emit(free, options)
            self.types.select(free, False)

    def _act(self, row: int) -> None:
        chosen = self.types.rows[row]
        if chosen.act == "Label":
            self.labeling_asked.emit(chosen.name)
        else:
            self._train([chosen.name])

    def _act_on_job(self, job_id: int, act: str) -> None:
        job = next((one for one in self.jobs if one.id == job_id), None)
        if job is None:
            return
        if act == "Report" and job.model_id is not None:
            self._look_at(job_id)
            self.report_asked.emit(job.model_id)
        elif act == "Again" and self.types.everything[job.plot_type].job is None:
            self.training_asked.emit([job.plot_type], job.options)
        elif act == "Label":
            self.labeling_asked.emit(job.plot_type)
        elif act == "Cancel":
            self.stop_asked.emit(job.id, Stop.DISCARD)

    def _look_at(self, job_id: int) -> None:
        self._job_id = job_id
        self._show_job()

    def _show_job(self) -> None:
        chosen = next((job for job in self.jobs if job.id == self._job_id), None)
        runs = next((job for job in self.jobs if job.state is JobState.RUNNING), None)
        waiting = sum(job.state is JobState.WAITING for job in self.jobs)
        job = chosen or runs or (None if waiting else self._finished())
        self.panel.show_job(job, waiting)
        if job is not None and job.model_id is not None:
            self.model_shown.emit(job.plot_type)
        self._tell_keys()

    def _finished(self) -> Job | None:
        """The job whose model is to be looked at next: one that isn't live yet, else the newest."""
        newest = {job.plot_type: job for job in reversed(self.jobs) if job.model_id is not None}
        done = [job for job in self.jobs if job is newest.get(job.plot_type)]
        return next((job for job in done if not self._is_live(job)), done[0] if done else None)

    def _is_live(self, job: Job) -> bool:
        """Whether the job's model, or a later one of its plot type, is live."""
        state = (self.states or {}).get(job.plot_type)
        return state is not None and state.active is not None and state.active.id >= (job.model_id or 0)

    def _activate(self, model_id: int) -> None:
        self._stay()
        self.activation_asked.emit(model_id)

    def _roll_back(self) -> None:
        self._stay()
        self.roll_back_asked.emit()

    def _stay(self) -> None:
        """Keep the job in sight, whatever becomes of its model."""
        if self.panel.job is not None:
            self._job_id = self.panel.job.id
        self.tell("")

    def _clear(self) -> None:
        self.search.clear()
        self.lights[None].setChecked(True)
        self._narrow()
        self._job_id = None
        self.queue.clearSelection()
        self._show_job()
        self.tell("")
        self.take_focus()

    def _narrow(self) -> None:
        light = next((light for light, button in self.lights.items() if button.isChecked()), None)
        self.types.narrow(light, self.search.text().strip())
        self._refresh()

    def _refresh(self) -> None:
        """Bring words and buttons up to date."""
        states = self.states
        counts = {light: sum(one.standing.light is light for one in (states or {}).values()) for light in Light}
        if states is not None:
            self.title.setText(headline(counts, len(states)))
            self.subtitle.setText(subtitle(counts, self.jobs))
        for light, button in self.lights.items():
            button.setText(f"{light or 'All'}  {counts[light] if light else len(states or {})}")
            button.setAccessibleName(f"Show {light or 'all'}")
        shown = bool(self.types.rows)
        self.table.setVisible(shown or states is None)
        for widget in (self.subtitle, self._rows, *self._asking):
            widget.setVisible(bool(states))
        self.empty.setVisible(not shown and states is not None)
        self.empty.setText(NONE_SHOWN if states else NO_PLOT_TYPE)
        current = self.types.rows[row] if 0 <= (row := self.table.view.row) < len(self.types.rows) else None
        self.detail.setText(current.rich if current is not None else "")
        free = current is not None and current.job is None
        selected, all_changed = len(self.types.selected), len(self.changed)
        for button, text, works in (
            (self.one, "Train one  [Enter]", free),
            (self.some, f"Train selected ({selected})  [T]", selected > 0),
            (self.all, f"Train all that changed ({all_changed})  [Shift+T]", all_changed > 0),
            (self.label, "Label  [L]", current is not None),
        ):
            button.setEnabled(works)
            button.setText(text if works else text.partition("  [")[0])
            button.setAccessibleName(text.partition("  [")[0])
        self.no_job.setVisible(not self.jobs)
        self.queue.setVisible(bool(self.jobs))
        self._tell_keys()

    def _tell_keys(self) -> None:
        """A key is told of only where it acts."""
        for button, action in self._actions.items():
            action.setEnabled(button.isVisibleTo(self) and button.isEnabled())
