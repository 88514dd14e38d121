"""Packages are built side by side, and the search for uv is not made for that."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError

import pytest

from components.packaging import installer

TOGETHER = 0.3
"""Seconds in which another search would join the first."""


def test_two_threads_never_search_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, met = Barrier(2), []

    def search() -> str:
        try:
            met.append(meeting.wait(TOGETHER))
        except BrokenBarrierError:
            return "uv"
        return "uv"

    monkeypatch.setattr(installer, "_found", search)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: installer.uv_binary(), range(2)))

    assert found == ["uv", "uv"]
    assert met == []


def test_uv_is_found() -> None:
    assert installer.uv_binary()
