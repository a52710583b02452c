"""Generated schemes of every construct come to the same figures whatever engine or order works them out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.plan import differential
from tests.plan.differential import Report, Trier, main, tried

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_schemes_of_every_construct_come_to_the_same_figures() -> None:
    report = Report()
    for number in range(20):
        report.add(tried(number, both=number % 5 == 0))
    assert report.findings == []
    assert report.tally["accepted"] > 10
    assert report.tally["laws"] > 2
    assert report.tally["both engines"] > 2


def test_a_hang_and_a_death_are_told_and_the_next_scheme_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that is asked is forked, so it has what stands here in place of a scheme's trial."""

    def odd(number: int, *, both: bool) -> Report:
        if number == 1:
            time.sleep(60)
        if number == 2:
            raise SystemExit(7)
        if number == 3:
            raise ValueError(both)
        return Report()

    monkeypatch.setattr(differential, "tried", odd)
    monkeypatch.setattr(differential, "LONGEST", 2.0)
    trier = Trier()
    result = [trier.tried(number, both=True) for number in range(5)]
    trier.end()
    kinds = [[finding.kind for finding in report.findings] for report in result]
    assert kinds == [[], ["hang"], ["crash"], ["crash"], []]
    assert "ended with 7" in result[2].findings[0].what
    assert "ValueError: True" in result[3].findings[0].what


def test_it_goes_on_where_it_was_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.json"
    assert main(["2", "7", str(state)]) == 0
    kept = state.read_text(encoding="utf-8")
    assert main(["2", "7", str(state)]) == 0
    assert state.read_text(encoding="utf-8") == kept
    assert main(["4", "7", str(state)]) == 0
    assert "schemes                     4" in capsys.readouterr().out
