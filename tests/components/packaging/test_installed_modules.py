"""Imports are checked by the files of a package, for a machine and a Python that are not these."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from components.packaging import Target
from components.packaging.imports import Import
from components.packaging.installed_modules import InstalledModules, standard_library
from tests.components.packaging.conftest import MakeWheel
from tests.components.packaging.test_entry_points import ELSEWHERE, HOST, build, problem, project

__all__ = ["project"]

LIBRARY = {
    "space/cloud/storage/__init__.py": "from space.cloud.storage.client import Client\n",
    "space/cloud/storage/client.py": "class Client: ...\n",
    "plain/__init__.py": "VALUE = 1\n",
    "plain/inner.py": "def work(): ...\n",
    "compiled/__init__.py": "",
    "compiled/core.cpython-313-aarch64-linux-gnu.so": "",
    "virtual.py": "import sys\nsys.modules[__name__ + '.moves'] = sys\n",
    "lazy/__init__.py": "def __getattr__(name): ...\n",
    "star/__init__.py": "from star.inner import *\n",
    "star/inner.py": "thing = 1\n",
    "native.abi3.so": "",
}


@pytest.fixture
def lock(make_wheel: MakeWheel, tmp_path: Path) -> Path:
    path = tmp_path / "agent.txt"
    path.write_text(make_wheel("library", LIBRARY))
    return path


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("import space.cloud.bigquery\n", "space.cloud.bigquery, but space.cloud in the package has no bigquery"),
        ("from space.cloud import bigquery\n", "bigquery from space.cloud, but space.cloud in the package has no"),
        ("from space.cloud.bigquery import Client\n", "space.cloud.bigquery, but space.cloud in the package has no"),
        ("from space import sky\n", "sky from space, but space in the package has no sky"),
        ("import plain.other\n", "plain.other, but plain in the package has no other"),
        ("from plain import other\n", "other from plain, but plain in the package has no other"),
        ("from plain.inner import play\n", "play from plain.inner, but plain.inner in the package has no play"),
        ("import plain.inner.deep\n", "plain.inner.deep, but plain.inner in the package has no deep"),
        ("import compiled.other\n", "compiled.other, but compiled in the package has no other"),
        ("def later():\n    import plain.other\n", "plain.other, but plain in the package has no other"),
    ],
)
def test_a_part_that_a_library_does_not_have_is_missed_for_another_machine(
    project: Path, lock: Path, code: str, missing: str
) -> None:
    message = problem(project, {"app/work.py": f"import json\n{code}"}, ELSEWHERE, requirements=lock)

    assert message.startswith(f"package agent: entry point main.py cannot start: app/work.py imports {missing}")
    assert message.endswith("add the distribution that contains it to the lock, or correct the name")


@pytest.mark.parametrize(
    "code",
    [
        "import space.cloud.storage.client\n",
        "from space.cloud import storage\n",
        "from plain import VALUE, inner\n",
        "from plain.inner import work\n",
        "import compiled.core\nfrom compiled.core import anything\n",
        "import virtual.moves.urllib\nfrom virtual.moves import range\n",
        "from lazy import anything\n",
        "from star import thing\n",
        "from star import *\n",
        "import native\nfrom native import anything\n",
        "import xml.etree.ElementTree\nfrom os import path\n",
    ],
)
def test_what_a_library_has_or_may_create_is_accepted_for_another_machine(project: Path, lock: Path, code: str) -> None:
    assert build(project, {"app/work.py": f"import json\n{code}"}, ELSEWHERE, requirements=lock)


@pytest.mark.parametrize("target", [HOST, ELSEWHERE], ids=["native", "another machine"])
def test_a_part_that_our_own_code_does_not_have_is_missed(project: Path, target: Target) -> None:
    message = problem(project, {"main.py": "import app.absent\n"}, target)

    assert message == (
        "package agent: entry point main.py cannot start: main.py imports app.absent, but app in the package has no "
        "absent; correct the name"
    )


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("distutils", {"3.11": True, "3.12": False, "3.14": False}),
        ("cgi", {"3.12": True, "3.13": False}),
        ("compression", {"3.13": False, "3.14": True}),
        ("json", {"3.11": True, "3.14": True}),
    ],
)
def test_the_standard_library_is_that_of_the_targets_python(name: str, has: Mapping[str, bool], tmp_path: Path) -> None:
    assert {version: name in standard_library(version) for version in has} == has
    missing = {version: bool(InstalledModules(tmp_path, version).missing_library(Import(name))) for version in has}
    assert missing == {version: not there for version, there in has.items()}
