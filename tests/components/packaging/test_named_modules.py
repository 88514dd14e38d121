"""Modules that the code imports by their names, such as agents: a missing library is an error of the build."""

from pathlib import Path

import pytest

from components.packaging import PackageError, PythonPackage, Target
from tests.components.packaging.conftest import MakeWheel
from tests.components.packaging.test_entry_points import ELSEWHERE, HOST, build, problem, project

__all__ = ["project"]

BOTH = pytest.mark.parametrize("target", [HOST, ELSEWHERE], ids=["native", "another machine"])
AGENT = "app/agent.py"


@BOTH
@pytest.mark.parametrize(
    "code",
    [
        "import nowhere\n",
        "from nowhere.inner import thing\n",
        "def create_agent(context):\n    import nowhere\n    return nowhere.Agent()\n",
        "class Tools:\n    def run(self):\n        from nowhere import run\n        return run()\n",
        "try:\n    import nowhere\nfinally:\n    pass\n",
        "with open('/dev/null'):\n    import nowhere\n",
        "async def tool():\n    import nowhere.inner\n",
    ],
)
def test_a_library_that_only_a_named_module_imports_is_missed(project: Path, target: Target, code: str) -> None:
    assert problem(project, {AGENT: code}, target, ("app.agent",)) == (
        "package agent: module app.agent cannot start: app/agent.py imports nowhere, which is neither in the package "
        "nor in Python; add it to the lock"
    )


@BOTH
@pytest.mark.parametrize(
    "code", ["from .helper import thing\n", "from . import helper\n", "import app.helper\n", "from app import helper\n"]
)
def test_imports_of_a_named_module_are_followed(project: Path, target: Target, code: str) -> None:
    files = {AGENT: code, "app/helper.py": "import nowhere\nthing = 1\n"}

    assert "app/helper.py imports nowhere, which is neither" in problem(project, files, target, ("app.agent",))


@BOTH
@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\n",
        "try:\n    import nowhere\nexcept (ModuleNotFoundError, OSError):\n    import json as nowhere\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import nowhere\n",
        "import sys\nif sys.platform == 'win32':\n    import winreg, nowhere\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nowhere import Thing\n",
        "def f():\n    try:\n        import nowhere\n    except Exception:\n        return None\n",
    ],
)
def test_an_optional_import_of_a_named_module_may_be_missing(project: Path, target: Target, code: str) -> None:
    assert build(project, {AGENT: code}, target, ("app.agent",)).manifest.name == "agent"


def test_a_named_module_may_need_what_only_the_service_gives(project: Path) -> None:
    needs = "import os, sys\nTABLE = os.environ['ONLY_ON_AWS']\n"

    assert build(project, {AGENT: needs, "app/exits.py": "import sys\nsys.exit(3)\n"}, HOST, ("app.exits", "app.agent"))


def test_a_library_that_a_named_module_imports_by_name_is_missed(project: Path) -> None:
    hidden = "import importlib\nlibrary = importlib.import_module('nowhere')\n"

    assert problem(project, {AGENT: hidden}, HOST, ("app.agent",)) == (
        "package agent: module app.agent cannot be imported: ModuleNotFoundError: No module named 'nowhere'; it must "
        "be importable with the package alone"
    )


def test_a_named_module_that_ends_the_process_is_named(project: Path) -> None:
    assert "module app.agent cannot be imported: exit status 7" in problem(
        project, {AGENT: "import os\nos._exit(7)\n"}, HOST, ("app.agent",)
    )


@BOTH
def test_a_named_module_that_is_not_in_the_package_is_named(project: Path, target: Target) -> None:
    assert "module app.absent is not in the package" in problem(project, {}, target, ("app.absent",))


def test_code_that_writes_into_the_package_when_it_is_imported_is_rejected(project: Path) -> None:
    writes = "open('cache.json', 'w').write('{}')\n"

    assert "writes into the package when it is imported (added cache.json)" in problem(
        project, {AGENT: writes}, HOST, ("app.agent",)
    )


def test_named_modules_are_part_of_the_key(project: Path) -> None:
    build(project, {AGENT: "import nowhere\n"})

    with pytest.raises(PackageError):
        build(project, {}, HOST, ("app.agent",))


def test_another_distribution_that_is_called_strands_is_not_taken_for_strands_agents(
    tmp_path: Path, make_wheel: MakeWheel
) -> None:
    agents = tmp_path / "agents"
    agents.mkdir()
    (agents / "helper.py").write_text("from strands import Agent\n")
    lock = tmp_path / "worker.txt"
    lock.write_text(make_wheel("strands", {"strands/__init__.py": "VERSION = '0.1.0'\n"}))
    package = PythonPackage("worker", (agents,), HOST, lock, modules=("agents.helper",))

    with pytest.raises(PackageError, match="imports Agent from strands, but strands in the package has no Agent"):
        package.build(tmp_path / "home", lambda _: None)
