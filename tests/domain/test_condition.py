"""What a person is told of plot types as a whole."""

from __future__ import annotations

from hydra_desktop.domain.condition import tell_without_reference
from hydra_desktop.domain.reference import WithoutReference


def test_what_lacks_a_reference_is_told_as_one_with_what_to_do() -> None:
    (line,) = tell_without_reference([WithoutReference("CDC", "2026-03")])
    assert line == (
        "No reference of run period 2026-03 yet for CDC: what deviates is Unfamiliar. The monitor proposes the first "
        "30 steady plots, once; or name some: hydra-desktop reference set CDC MANIFEST.csv --run-period 2026-03."
    )
    (line,) = tell_without_reference([WithoutReference("CDC", "2026-03", proposed=True)])
    assert line.endswith(
        "A proposal waits; look at the plots (hydra-desktop reference show CDC), then: "
        "hydra-desktop reference confirm CDC --run-period 2026-03."
    )
    many = [WithoutReference(f"T{number:02}", "2026-03", proposed=number > 9) for number in range(12)]
    told = tell_without_reference([*many, WithoutReference("CDC", "")])
    assert told[0].startswith("No reference of run period 2026-03 yet for 12 plot types (T00, T01, T02 and 9 more): ")
    assert "Proposals wait for T10, T11; " in told[0]
    assert told[0].endswith("reference confirm PLOT_TYPE --run-period 2026-03, or --all in place of PLOT_TYPE.")
    assert told[1].startswith("No reference of plots without a run period yet for CDC: ")
    assert told[1].endswith("--run-period ''.")
