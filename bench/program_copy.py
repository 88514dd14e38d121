"""A copy of the program, for a measurement or a test that changes something in it."""

import shutil
from pathlib import Path
from typing import Final

from sandbox.paths import REPOSITORY

FOLDERS: Final = ("agents", "components", "contract", "data", "policies", "requirements", "runtime", "tools")
FILES: Final = ("__main__.py", "Pulumi.yaml")


def copy_program(folder: Path, *more: str) -> None:
    """Copies its folders and files, and `more` files."""
    for name in FOLDERS:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*FILES, *more):
        shutil.copy(REPOSITORY / name, folder / name)
