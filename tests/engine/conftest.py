"""Programs under the genuine Pulumi CLI, with the stand-in for the AWS provider: nothing but the CLI is needed."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.paths import REPOSITORY
from tests.engine.small_project import SmallProject

PROVIDER = "pulumi-resource-aws"


@pytest.fixture(scope="session")
def stand_in_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which the engine finds the stand-in before any AWS provider."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / PROVIDER
    program.write_text(
        "#!/bin/sh\n"
        f"PYTHONPATH='{REPOSITORY}' exec '{sys.executable}' -P -m tests.engine.stand_in_provider \"$@\" 2>/dev/null\n"
    )
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the pack beside an environment, as it stands in a checkout, and far from the program."""
    folder = tmp_path_factory.mktemp("pack")
    shutil.copytree(REPOSITORY / "policies", folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(Path(sys.prefix))
    return folder / "policies"


@pytest.fixture
def small_project(stand_in_path: str, pack: Path, tmp_path: Path) -> Callable[[str], SmallProject]:
    """Makes a project of a program's text."""

    def make(program: str) -> SmallProject:
        return SmallProject(tmp_path, program, pack, stand_in_path)

    return make
