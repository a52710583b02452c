"""A test that reads data from outside is skipped where there is none, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8")
MARKERS = "[pytest]\nmarkers =\n    real: reads real data\n    acceptance: reads worked examples\n"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of its own with this conftest, and no folder named."""
    monkeypatch.delenv("KPIRULES_REAL_DATA", raising=False)
    monkeypatch.delenv("KPIRULES_ACCEPTANCE", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makeini(MARKERS)
    return pytester


def outcome(project: pytest.Pytester, source: str) -> dict[str, int]:
    project.makepyfile(source)
    return project.runpytest_subprocess("-p", "no:xdist").parseoutcomes()


READS = """
    import pytest

    @pytest.mark.real
    def test_marked(): pass

    def test_asks(real_data): assert real_data.is_dir()
"""

SKIPS = """
    import pytest

    @pytest.mark.real
    def test_by_call(): pytest.skip("no reason")

    @pytest.mark.skip
    def test_by_mark(real_data): pass

    @pytest.mark.skip
    def test_other(): pass
"""


def test_without_the_data_the_tests_that_read_it_are_skipped(project: pytest.Pytester) -> None:
    assert outcome(project, READS) == {"skipped": 2}


def test_with_the_data_they_run(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIRULES_REAL_DATA", str(project.path))
    assert outcome(project, READS) == {"passed": 2}


def test_with_the_data_none_may_be_skipped(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIRULES_REAL_DATA", str(project.path))
    result = outcome(project, SKIPS)
    assert result.get("skipped") == 1
    assert result.get("failed", 0) + result.get("errors", 0) == 2


def test_with_the_data_no_module_may_be_skipped_whole(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPIRULES_REAL_DATA", str(project.path))
    assert outcome(project, "import pytest\npytest.skip('away', allow_module_level=True)") == {"errors": 1}


def test_a_variable_that_names_no_folder_is_said(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIRULES_ACCEPTANCE", str(project.path / "nowhere"))
    project.runpytest_subprocess().stderr.fnmatch_lines(["*KPIRULES_ACCEPTANCE names no folder*"])
