"""The report of a model: the answer in words, its figures, and the plots that it got wrong, ready to be labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout

from ...domain.label import Role
from ...domain.model_report import ModelReport
from ...outputs import report_charts
from ...services.comparing import Comparison
from ...services.report import Report, active_curve
from .. import keys, words
from ..desk_page import DeskPage
from ..labeling.caps import CapButton
from ..pictures import Evidence, Pictures
from ..row import Row
from ..theme import Theme
from .chart_view import ChartView
from .confusion_view import ConfusionView
from .figures_view import LabelFigures, PeriodFigures
from .plots_view import PlotsView, Told

READING = "Reading the report of model {}..."
MOST_LABELLED = 5000  # plots that labeling is opened on at once, the first of the list


class ReportScreen(DeskPage):
    """Shows one report; what a person asks for is told by signals.

    `plots_asked` carries the plot type, the ids of plots to label and what they are in words, `thresholds_asked` and
    `compare_asked` the number of the model, `compare_chosen` that of the other one; `html_asked` and `pdf_asked` carry
    the file, `left` that the person goes back.
    """

    plots_asked = Signal(str, list, str)
    thresholds_asked = Signal(int)
    compare_asked = Signal(int)
    compare_chosen = Signal(int)
    html_asked = Signal(Path)
    pdf_asked = Signal(Path)

    def __init__(self, theme: Theme, evidence: Evidence, image_folder: Path, came_from: str) -> None:
        super().__init__(theme)
        self._came_from = came_from
        self._report: Report | None = None
        self._comparison: Comparison | None = None
        self._menu = QMenu(self)
        self.pictures = Pictures(evidence, parent=self)
        self.matrix = ConfusionView(theme)
        self.curve = ChartView(theme, "Precision and recall")
        self.promise = ChartView(theme, "How often the model is right, by its confidence")
        self.by_label, self.by_period = LabelFigures(theme, "By label"), PeriodFigures(theme, "By run period")
        self.plots = PlotsView(theme, self.pictures, image_folder)
        self.relabel = CapButton(theme, "Relabel these", ["Enter"], self.open_plots, is_main=True)
        self.buttons = {
            "html": CapButton(theme, "Save as HTML", ["Ctrl+S"], self.save_html),
            "pdf": CapButton(theme, "Save as PDF", ["Ctrl+P"], self.save_pdf),
            "mistakes": CapButton(theme, "All misclassified", ["M"], self.show_mistakes),
            "compare": CapButton(theme, "Compare", ["C"], self._ask_compare),
            "thresholds": CapButton(theme, "Thresholds", ["H"], self._ask_thresholds),
            "back": CapButton(theme, "Back", ["Esc"], self.left.emit),
        }
        self._lay_out()
        self._connect()
        self.rescale()
        self._enable()

    @property
    def report(self) -> Report | None:
        """What is shown."""
        return self._report

    @property
    def shown(self) -> Report | None:
        """The report with the comparison that is shown beside it."""
        return replace(self._report, comparison=self._comparison) if self._report is not None else None

    def show_reading(self, model_id: int) -> None:
        """Say that it is being read."""
        self.headline.setText(READING.format(model_id))

    def show_failure(self, why: str) -> None:
        """Say why there is no report."""
        self.headline.setText("There is no report of this model.")
        self.tell(why, wrong=True)

    def show_report(self, report: Report) -> None:
        """Take over a report."""
        is_new = self._report is None or self._report.record.id != report.record.id
        place = self.matrix.place if not is_new else first_place(report)
        self._report = report
        found, settings = report.figures, report.settings
        self.headline.setText(report.headline)
        self._say()
        self.matrix.show_report(found, settings, place)
        self._show_curve()
        self.promise.show_chart(lambda width, height, look: report_charts.reliability(found, width, height, look))
        self.by_label.show_report(found, settings)
        self.by_period.show_report(found, settings)
        self._heads["promise"][1].setText(f"off by {100 * found.calibration_error:.1f} % on average")
        self._heads["label"][1].setText(
            f"macro-F1 {found.macro_f1:.3f}; {'no' if found.unseen.no_interval else '95 %'} intervals"
        )
        self._enable()
        self._list()
        self.take_focus()

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Take over how the model does against another one."""
        self._comparison = comparison
        if self._report is not None:
            self._say()
            self._show_curve()

    def choose_model(self, models: Sequence[tuple[int, str]]) -> None:
        """Let a person choose the model to compare with: its number, and what it is in words."""
        if not models:
            self.tell("There is no other model of this plot type to compare with.")
            return
        self._menu.clear()
        for model_id, text in models:
            action = self._menu.addAction(text)
            action.triggered.connect(lambda _checked=False, model_id=model_id: self.compare_chosen.emit(model_id))
        button = self.buttons["compare"]
        self._menu.popup(button.mapToGlobal(QPoint(0, -self._menu.sizeHint().height())))
        self._menu.setActiveAction(self._menu.actions()[0])

    def open_plots(self) -> None:
        """Have the plots that are listed or selected labelled anew."""
        chosen = self.plots.chosen[:MOST_LABELLED]
        if self._report is None or not chosen:
            return
        record = self._report.record
        text = f"Model {record.id}: {self._what(chosen)}"
        self.plots_asked.emit(record.plot_type, [one.plot.id for one in chosen], text)

    def show_mistakes(self) -> None:
        """List every misclassified plot, the surest mistakes first."""
        if self.matrix.place is not None:
            self.matrix.choose(None)

    def save_html(self) -> None:
        """Ask for a file and write the report there as a page."""
        self._save("Save the report as a page", "html", "Pages (*.html)", self.html_asked.emit)

    def save_pdf(self) -> None:
        """Ask for a file and write the report there for paper."""
        self._save("Save the report for paper", "pdf", "PDF (*.pdf)", self.pdf_asked.emit)

    # What every page has

    def take_focus(self) -> None:
        """Put the keyboard at the matrix."""
        self.matrix.setFocus()

    def close_threads(self) -> None:
        """End the work in the background."""
        self.pictures.close()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        super().rescale()
        c, px = self._theme.colours, self._theme.px
        self.lines.setStyleSheet(f"color: {c.text}; font-size: {px(13)}px;")
        self.plots.setStyleSheet(
            f"QListView {{ background: transparent; border: none; }}"
            f"QScrollBar:horizontal {{ background: {c.background}; height: {px(10)}px; }}"
            f"QScrollBar::handle:horizontal {{ background: {c.edge}; border-radius: {px(4)}px; }}"
            f"QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; }}"
        )
        layout, columns, centre, right, head, *rows = self._layouts
        for row in rows:
            row.setSpacing(px(8))
        layout.setContentsMargins(px(14), px(8), px(14), px(10))
        for one in (layout, columns, centre, right):
            one.setSpacing(px(8))
        head.setSpacing(px(4))
        self._bottom.setFixedHeight(px(262))
        for one in (self.matrix, self.curve, self.promise):
            one.renew()
        for one in (self.by_label, self.by_period):
            one.update()
        self.plots.rescale()
        for button in (self.relabel, *self.buttons.values()):
            button.updateGeometry()

    # How it is put together

    def _say(self) -> None:
        report = self._report
        self.trail.setText(f"{self._came_from}  ›  {report.record.plot_type}  ›  Report of model {report.record.id}")
        lines = []
        if self._comparison is not None:
            found = self._comparison
            said = [line.strip().rstrip(".") for line in found.sentences()]
            lines.append(" ".join(f"{line[:1].upper()}{line[1:]}." for line in said) or found.said())
        *answers, basis = report.lines
        self.lines.setText("\n".join([*lines, " ".join(answers), f"{basis} {report.made}"]))

    def _show_curve(self) -> None:
        found, others = self._report.figures, active_curve(self._comparison, self._report.settings)
        self.curve.show_chart(
            lambda width, height, look: report_charts.precision_recall(found, width, height, look, others)
        )

    def _list(self) -> None:
        """List the plots of the framed cell, or all that were misclassified."""
        report = self._report
        if report is None:
            return
        found, cell = report.figures, self.matrix.cell
        rows = cell.rows if cell is not None else found.mistakes
        self.plots.show_items(told(found, rows) if found.unseen.plots else ())
        title, note = self._heads["plots"]
        if cell is not None:
            title.setText(f"{words.count(cell.count, 'plot')} of {cell.label}, said to be {cell.said}")
            wrong = "the surest mistakes first" if cell.label != cell.said else "the surest first"
        else:
            title.setText(f"{words.count(len(rows), 'misclassified plot')}")
            wrong = "the surest mistakes first"
        unknown = "which plots they are isn't known: the model is of an older version, train it again"
        note.setText(wrong if found.unseen.plots or not rows else unknown)
        self.buttons["mistakes"].setEnabled(cell is not None)
        self._say_chosen()

    def _say_chosen(self) -> None:
        count, selected = len(self.plots.chosen), bool(self.plots.selectionModel().selectedIndexes())
        self.relabel.say(f"Relabel the {count} selected" if selected else f"Relabel these ({count})")
        self.relabel.setEnabled(count > 0)

    def _what(self, chosen: Sequence[Told]) -> str:
        """What the plots are that are to be labelled."""
        cell = self.matrix.cell
        kind = f"{cell.label}, said to be {cell.said}" if cell is not None else "misclassified"
        return f"{words.count(len(chosen), 'plot')}, {kind}"

    def _enable(self) -> None:
        for button in (self.relabel, *self.buttons.values()):
            button.setEnabled(self._report is not None or button is self.buttons["back"])

    def _ask_thresholds(self) -> None:
        if self._report is not None:
            self.thresholds_asked.emit(self._report.record.id)

    def _ask_compare(self) -> None:
        if self._report is not None:
            self.compare_asked.emit(self._report.record.id)

    def _save(self, title: str, suffix: str, kind: str, then: Callable[[Path], object]) -> None:
        if self._report is not None:
            record = self._report.record
            self._ask_file(title, f"{record.plot_type} model {record.id}.{suffix}", kind, then)

    def _connect(self) -> None:
        self.matrix.cell_chosen.connect(self._list)
        self.plots.chosen_changed.connect(self._say_chosen)
        for key, text, work in (
            ("Return", "Label the listed or selected plots anew", self.open_plots),
            ("M", "List every misclassified plot", self.show_mistakes),
            ("C", "Compare with another model", self._ask_compare),
            ("H", "Thresholds of this model", self._ask_thresholds),
            ("Ctrl+S", "Save as HTML", self.save_html),
            ("Ctrl+P", "Save as PDF", self.save_pdf),
            ("Esc", "Back", self.left.emit),
        ):
            keys.add(self, key, text, work)
        keys.also(self, "Return", "Enter")
        keys.tell(self.matrix, "Arrows", "Another cell of the matrix: its plots are listed")
        keys.tell(self.plots, "Left, Right, Shift, Ctrl+A", "Select plots")
        keys.tell(self, "Tab", "From the matrix to the plots and back")

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        top = Row()
        top.row.setContentsMargins(0, 0, 0, 0)
        top.row.addWidget(self.trail, 1)
        for name in ("html", "pdf"):
            top.row.addWidget(self.buttons[name])
        top.may_go([self.buttons["pdf"]])
        head.addWidget(top)
        self._wrap_words()
        head.addWidget(self.headline)
        head.addWidget(self.lines)
        columns, centre, right = QHBoxLayout(), QVBoxLayout(), QVBoxLayout()
        columns.addWidget(
            self._panel(
                "confusion", "Confusion: histograms of confidence", self.matrix, note="log scale; dashed: threshold"
            ),
            43,
        )
        centre.addWidget(self._panel("curve", "Precision and recall", self.curve), 1)
        centre.addWidget(self._panel("promise", "Does the confidence mean what it says?", self.promise), 1)
        right.addWidget(self._panel("label", "By label", self.by_label), 1)
        right.addWidget(self._panel("period", "By run period", self.by_period), 1)
        columns.addLayout(centre, 28)
        columns.addLayout(right, 29)
        self._bottom = self._panel("plots", "", self.plots)
        foot = Row()
        foot.row.setContentsMargins(0, 0, 0, 0)
        foot.row.addWidget(self.relabel)
        foot.row.addWidget(self.told, 1)
        for name in ("mistakes", "compare", "thresholds", "back"):
            foot.row.addWidget(self.buttons[name])
        foot.may_go([self.buttons["back"]], [self.buttons["mistakes"]])
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addLayout(columns, 1)
        layout.addWidget(self._bottom)
        layout.addWidget(foot)
        self._layouts = (layout, columns, centre, right, head, top.row, foot.row)
        self.setTabOrder(self.matrix, self.plots)


def first_place(report: Report) -> tuple[int, int] | None:
    """The cell that is framed at first: the largest of faulty plots that were told wrong, else of any, else none."""
    found, settings = report.figures, report.settings
    wrong = [
        (settings.label(cell.label).role is Role.FAULTY, cell.count, -row, -column)
        for row, cells in enumerate(found.cells)
        for column, cell in enumerate(cells)
        if cell.count and cell.label != cell.said
    ]
    if not wrong:
        return None
    *_, row, column = max(wrong)
    return -row, -column


def told(found: ModelReport, rows: Sequence[int]) -> list[Told]:
    """Plots of a report with what is said of them."""
    one = found.unseen
    return [
        Told(one.plots[row], one.labels[int(one.truth[row])], one.names[int(one.top[row])], float(one.confidence[row]))
        for row in rows
    ]
