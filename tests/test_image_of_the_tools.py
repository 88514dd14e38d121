"""The image that docs/workflow.md describes has all modules that a tool's container imports."""

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from components.tool_task.definition import COMMAND

ROOT = Path(__file__).parents[1]
COPIED = re.compile(r"^COPY (?P<source>[\w./]+) (?P<target>[\w.]+)$", re.MULTILINE)
OURS = ("agents", "cli", "client", "components", "contract", "policies", "runtime", "sandbox", "tests", "tools")
HOOKED = {"longrun", "setuptools"}
"""What every process of the development environment imports as it starts."""

PROGRAM = f"""
import importlib, json, pkgutil, sys
sys.path[0:0] = [sys.argv[1]]
for name in ({COMMAND[-1]!r}, "tools.task.tool_child"):
    importlib.import_module(name)
for found in pkgutil.walk_packages(importlib.import_module("tools.analysis").__path__, "tools.analysis."):
    importlib.import_module(found.name)
print(json.dumps({{name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}}))
"""


@pytest.fixture(scope="module")
def copied() -> dict[str, str]:
    """The files and folders of the project that the image has, each with its name there."""
    (found,) = re.findall(r"^```dockerfile\n(.*?)^```", (ROOT / "docs" / "workflow.md").read_text(), re.M | re.S)
    return {copy["source"]: copy["target"] for copy in COPIED.finditer(found)}


@pytest.fixture(scope="module")
def imported(copied: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a container imports, each module with its file; the project's from a folder with the image's files."""
    folder = tmp_path_factory.mktemp("image")
    for source, target in copied.items():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603  our own modules
    modules = json.loads(done.stdout)
    return {name: str(file).removeprefix(f"{folder}/") for name, file in modules.items()}


def test_all_modules_of_the_project_are_those_of_the_image(imported: dict[str, str]) -> None:
    ours = {name: file for name, file in imported.items() if file and name.partition(".")[0] in OURS}

    assert COMMAND[-1] in ours
    assert {name: file for name, file in ours.items() if Path(file).is_absolute()} == {}


def test_all_libraries_are_locked_for_the_image(copied: dict[str, str], imported: dict[str, str]) -> None:
    (file,) = [ROOT / source for source in copied if source.startswith("requirements/")]
    locked = set(re.findall(r"^([\w.-]+)==", file.read_text(), re.M))
    owners = packages_distributions()
    loaded = {name.partition(".")[0] for name, file in imported.items() if "site-packages" in file}
    used = {re.sub(r"[-_.]+", "-", owner).lower() for name in loaded for owner in owners.get(name, ())}

    assert {"pandas", "statsmodels", "matplotlib"} <= used
    assert used - locked <= HOOKED
