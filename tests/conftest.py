"""What a test needs beyond the project's own environment; without it the test is skipped and says why."""

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Final

import pytest

NEEDS: Final[dict[str, tuple[Callable[[], bool], str]]] = {
    "cli": (lambda: shutil.which("pulumi") is not None, "needs the Pulumi CLI on the PATH"),
    "aws": (lambda: os.environ.get("LONGRUN_AWS_TESTS") == "1", "needs AWS credentials and LONGRUN_AWS_TESTS=1"),
}
"""Mark: whether the machine has what it needs, and what that is. The journal's tests look for Java themselves."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for mark, (has, reason) in NEEDS.items():
        if not has():
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=reason))
