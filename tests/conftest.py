"""What all tests share: where the data lies that the project does not ship, and that nobody skips past it."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# The time of one example says how busy the machine is, not whether the code is right. Under CI every run draws the
# same examples, so that a change is judged by itself; elsewhere each run draws new ones, and finds new faults.
# `.ci/random`, a step of `.ci/run`, draws new ones under CI too, from a seed that it prints.
settings.register_profile("kpirules", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "kpirules")

FOLDERS = {"real": "KPIRULES_REAL_DATA", "acceptance": "KPIRULES_ACCEPTANCE"}
"""By marker, the variable that names the folder which tests so marked read."""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public data sets. A test that asks for it is marked `real`."""
    return Path(os.environ[FOLDERS["real"]])


@pytest.fixture(scope="session")
def acceptance() -> Path:
    """The folder of worked examples. A test that asks for it is marked `acceptance`."""
    return Path(os.environ[FOLDERS["acceptance"]])


def pytest_configure() -> None:
    for variable in FOLDERS.values():
        folder = os.environ.get(variable)
        if folder is not None and not Path(folder).is_dir():
            message = f"{variable} names no folder: {folder}"
            raise pytest.UsageError(message)


def pytest_itemcollected(item: pytest.Item) -> None:
    for marker, fixture in (("real", "real_data"), ("acceptance", "acceptance")):
        if fixture in getattr(item, "fixturenames", ()):
            item.add_marker(marker)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, variable in FOLDERS.items():
        if item.get_closest_marker(marker) and variable not in os.environ:
            pytest.skip(f"{variable} is not set")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    given = [variable for marker, variable in FOLDERS.items() if item.get_closest_marker(marker)]
    if report.skipped and any(variable in os.environ for variable in given):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} may not be skipped while {' and '.join(given)} is set: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    given = [variable for variable in FOLDERS.values() if variable in os.environ]
    if report.skipped and given:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped whole while {' and '.join(given)} is set"
    return report
