"""Killed at any moment, a command leaves what was there before, and nothing that passes for what it was to make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="handles of processes are elsewhere of another kind")
def test_a_few_kills() -> None:
    """In a process of its own: one that has threads already cannot be forked from."""
    command = [sys.executable, "-m", "tests.runs.kills", "4", "1", "run in quarantine", "list over an older"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "wrong                               0" in result.stdout
