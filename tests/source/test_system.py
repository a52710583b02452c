from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from kpirules.source import system
from kpirules.source.system import Reason, open_file, read_written, real, reason

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")


def refused(path: Path) -> object:
    with pytest.raises(OSError) as caught, open_file(path):  # noqa: PT011  # the reason is compared
        pass
    return reason(caught.value)


def test_only_files_are_opened(tmp_path: Path) -> None:
    pipe, link, here, there = (tmp_path / name for name in ("pipe", "link", "here", "there"))
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    here.symlink_to(there)
    there.symlink_to(here)
    assert refused(pipe) is Reason.NO_FILE
    assert refused(link) is Reason.NO_FILE
    assert refused(here) is Reason.LOOP
    assert refused(tmp_path) is Reason.FOLDER
    assert refused(tmp_path / "gone") is Reason.NOT_THERE


def test_a_link_to_a_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_written(tmp_path / "link") == b"text"


def test_a_file_written_by_hand_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "LARGEST_TEXT", 4)
    (tmp_path / "file").write_bytes(b"text")
    assert read_written(tmp_path / "file") == b"text"
    (tmp_path / "file").write_bytes(b"texts")
    with pytest.raises(OSError, match="too large") as caught:
        read_written(tmp_path / "file")
    assert caught.value.errno == errno.EFBIG


def test_the_real_path_of_a_circle(tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to("here")
    assert real(tmp_path / "here" / "file").parts[-1] == "file"
