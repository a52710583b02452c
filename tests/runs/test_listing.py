"""The runs of a folder: one that cannot be read hurts no other, and different rules of one version are seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kpirules.runs.folder import save
from kpirules.runs.listing import check_period, list_runs, same_version
from kpirules.runs.manifest import Done
from kpirules.source import Fault
from tests.runs import project


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize("text", ["", "{", "[]", "\ufeff{}", "[" * 100_000, '{"format": 1}'])
def test_a_folder_that_cannot_be_read_is_named_and_hurts_no_other(shop: Path, done: Done, text: str) -> None:
    good = save(done, shop / "runs" / "good", numbered=True)
    bad = shop / "runs" / "bad"
    bad.mkdir()
    (bad / "manifest.json").write_text(text, encoding="utf-8")
    listing = list_runs(shop / "runs")
    assert listing.latest().folder == good
    assert listing.latest("2025Q1").folder == good
    assert [(fault.code, fault.args["path"]) for fault in listing.unreadable] == [("KPI730", bad)]


def test_results_without_a_manifest_are_named_and_not_passed_over_in_silence(shop: Path, done: Done) -> None:
    good, bad = (save(done, shop / "runs" / name, numbered=True) for name in ("good", "bad"))
    (bad / "manifest.json").unlink()
    (shop / "runs" / "notes").mkdir()
    listing = list_runs(shop / "runs")
    assert [fault.folder for fault in listing.runs] == [good]
    assert [(fault.code, fault.args["path"]) for fault in listing.unreadable] == [("KPI730", bad)]


@pytest.mark.parametrize("created", ["zzz", "", "2999-01-01T00:00:00", "9999-99-99T00:00:00+00:00"])
def test_a_run_of_no_moment_is_never_the_newest(shop: Path, done: Done, created: str) -> None:
    good, bad = (save(done, shop / "runs" / name, numbered=True) for name in ("good", "bad"))
    edit(bad, lambda manifest: manifest.update(created=created))
    assert list_runs(shop / "runs").latest().folder == good


def test_moments_are_compared_and_not_their_texts(shop: Path, done: Done) -> None:
    first, second = (save(done, shop / "runs" / name, numbered=True) for name in ("a", "b"))
    edit(first, lambda manifest: manifest.update(created="2025-01-01T09:00:00+08:00"))
    edit(second, lambda manifest: manifest.update(created="2025-01-01T02:00:00+00:00"))
    assert list_runs(shop / "runs").latest().folder == second


def test_where_none_is_left_the_unreadable_are_told(shop: Path) -> None:
    for name in ("a", "b"):
        (shop / "runs" / name).mkdir(parents=True)
        (shop / "runs" / name / "manifest.json").mkdir()
    with pytest.raises(Fault) as caught:
        list_runs(shop / "runs").latest()
    assert sorted(fault.code for fault in caught.value.diagnostics) == ["KPI730", "KPI730", "KPI731"]


@pytest.mark.parametrize("text", ["2025Q1", "2025q1", "2025年第1季度"])
def test_a_run_is_of_its_period_however_it_is_written(shop: Path, done: Done, text: str) -> None:
    save(done, shop / "runs" / "a", numbered=True)
    check_period(list_runs(shop / "runs").latest(), text)


@pytest.mark.parametrize("text", ["2025Q2", "2025-01", "2025", "2024Q1", "nonsense", ""])
def test_another_period_than_that_of_the_run_is_a_fault(shop: Path, done: Done, text: str) -> None:
    save(done, shop / "runs" / "a", numbered=True)
    with pytest.raises(Fault) as caught:
        check_period(list_runs(shop / "runs").latest(), text)
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI750"]


def test_different_rules_of_one_version_are_seen(shop: Path, done: Done) -> None:
    def made(text: str) -> Path:
        (shop / "shop.kpi").write_text(text, encoding="utf-8")
        return save(project.done(shop), shop / "runs" / "2025Q1", numbered=True)

    first = save(done, shop / "runs" / "2025Q1", numbered=True)
    same = made(project.SCHEME)
    other = made(project.SCHEME.replace("base_pay * 10%", "base_pay * 11%"))
    renamed = made(project.SCHEME.replace("base_pay * 10%", "base_pay * 12%").replace('"1.0"', '"1.1"'))
    runs = {run_.folder: run_ for run_ in list_runs(shop / "runs").runs}
    same_rules = {folder: same_version(runs.values(), run) for folder, run in runs.items()}
    assert same_rules == {first: [other], same: [other], other: [first, same], renamed: []}
