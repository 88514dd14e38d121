"""What a test needs beyond the project's own environment; without it the test is skipped and says why."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest


def _has_aws_provider() -> bool:
    """Whether Pulumi finds the provider on the PATH or among its installed plugins."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return shutil.which("pulumi-resource-aws") is not None or any((home / "plugins").glob("resource-aws-v*"))


NEEDS: Final[dict[str, tuple[Callable[[], bool], str]]] = {
    "cli": (lambda: shutil.which("pulumi") is not None, "needs the Pulumi CLI on the PATH"),
    "aws_provider": (_has_aws_provider, "needs Pulumi's AWS provider: pulumi plugin install resource aws"),
    "aws": (lambda: os.environ.get("LONGRUN_AWS_TESTS") == "1", "needs AWS credentials and LONGRUN_AWS_TESTS=1"),
}
"""Mark: whether the machine has what it needs, and what that is. The journal's tests look for Java themselves."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for mark, (has, reason) in NEEDS.items():
        if not has():
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=reason))
