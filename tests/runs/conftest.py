from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kpirules.runs.manifest import Done
from tests.runs import project


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The folder of the small project."""
    return project.write(tmp_path / "shop")


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The small project, run once for all tests that only look at it."""
    return project.done(project.write(tmp_path_factory.mktemp("once") / "shop"))


@pytest.fixture
def done(shop: Path, once: Done) -> Done:
    """The small project of `shop`, run."""
    return replace(once, scheme=shop / "shop.kpi", bindings=shop / "kpirules.yaml")
