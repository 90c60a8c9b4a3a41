"""The stored verdicts of a model, as columns for a replay."""

from __future__ import annotations

from datetime import timedelta

from hydra_desktop.database import given_labels, halls, label_queue, recorded, verdicts
from hydra_desktop.database import tables as t

from .conftest import START, Site

TYPE, LABELS = "CDC_occupancy", ("Good", "Bad", "NoData")


def test_a_span_by_stream_and_time_with_what_people_said(site: Site) -> None:
    with site.database.write() as c:
        model_id, other = site.add_model(c), site.add_model(c, file=b"other")
        halls.ensure_labels(c, site.hall_id, TYPE, list(LABELS), user="eva", comment="")
        stored = []
        for number, (pad, run, chunk, minute) in enumerate(
            [("02", 7, 1, 1), ("01", 8, 1, 9), ("01", 7, 2, 5), ("01", 7, 1, 2), ("01", 7, 2, 6), ("01", 9, 1, 60)]
        ):
            plot = site.add(c, pad=pad, run_number=run, chunk=chunk, picture=str(number))
            at = START + timedelta(minutes=minute)
            c.execute(t.plots.update().where(t.plots.c.id == plot.id).values(taken_at=at, kept=True))
            stored.append(plot)
        bad, good = {"Good": 0.2, "Bad": 0.8}, {"Good": 0.9, "Bad": 0.1}
        chances = [bad, good, bad, good, good, good]
        verdicts.add(
            c, site.hall_id, [site.judged(plot, model_id, one) for plot, one in zip(stored, chances, strict=True)]
        )
        again = site.add(c, pad="03", run_number=80464, chunk=1)
        verdicts.add(c, site.hall_id, [site.judged(again, other, bad)])
        imported = site.add(c, live=False, pad="01", chunk=1, picture="guessed")  # guessed for labeling
        verdicts.add(c, site.hall_id, [site.judged(imported, model_id, bad)])
        for plot, label in ((stored[0], "Bad"), (stored[1], "Good"), (stored[3], "NoData")):
            given_labels.give(c, plot.id, label, user="eva", at=START)
            label_queue.refresh(c, [plot.id])
        found = recorded.of_model(c, model_id, LABELS, START, START + timedelta(minutes=9), 100)
        # of chunk 2 the later plot; the plot of an hour later is outside, that of the other model isn't its own
        assert found.plot_ids.tolist() == [stored[3].id, stored[4].id, stored[1].id, stored[0].id]
        assert found.streams.tolist() == [0, 0, 0, 1]
        assert len(set(found.runs[:2].tolist())) == 1
        assert found.runs[2] != found.runs[1]
        assert [LABELS[one] for one in found.top] == ["Good", "Good", "Good", "Bad"]
        assert found.confidence.tolist() == [0.9, 0.9, 0.9, 0.8]
        assert found.said.tolist() == [-1, -1, 0, 1]
        minutes = (found.at_us - found.at_us[0]) / 60e6
        assert minutes.tolist() == [0, 4, 7, -1]
        assert len(recorded.of_model(c, model_id, LABELS, START, START + timedelta(days=1), 2)) == 2
        assert recorded.newest(c, model_id) == START + timedelta(minutes=60)
        assert recorded.newest(c, site.add_model(c, file=b"third")) is None
