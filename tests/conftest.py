"""What a test needs beyond the project's own environment; without it the test is skipped and says why."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.docker.engine import find_engine


def _has_aws_provider() -> bool:
    """Whether Pulumi finds the provider on the PATH or among its installed plugins."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return shutil.which("pulumi-resource-aws") is not None or any((home / "plugins").glob("resource-aws-v*"))


def _needs_docker() -> str:
    found = find_engine()
    return found if isinstance(found, str) else ""


NEEDS: Final[dict[str, Callable[[], str]]] = {
    "cli": lambda: "" if shutil.which("pulumi") else "needs the Pulumi CLI on the PATH",
    "aws_provider": lambda: (
        "" if _has_aws_provider() else "needs Pulumi's AWS provider: pulumi plugin install resource aws"
    ),
    "aws": lambda: (
        "" if os.environ.get("LONGRUN_AWS_TESTS") == "1" else "needs AWS credentials and LONGRUN_AWS_TESTS=1"
    ),
    "docker": _needs_docker,
}
"""Mark: what the machine lacks for its tests; empty where it has all. The journal's tests look for Java themselves."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for mark, lacks in NEEDS.items():
        marked = [item for item in items if item.get_closest_marker(mark)]
        if marked and (reason := lacks()):
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))
