"""What a service starts at a package's root is tried when the package is built, once for each content."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from components.packaging import BuiltPackage, PackageError, PythonPackage, Target
from components.packaging.target import own_python_version

HOST = Target.of("host", "host")
ELSEWHERE = Target(own_python_version(), "arm64", native=False)


def ignore(_: str) -> None:
    """A report that nobody reads."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "__init__.py").write_text("")
    (folder / "app" / "work.py").write_text("import json\n")
    (folder / "main.py").write_text("import asyncio.events\nfrom app.work import json\n")
    return folder


def build(
    project: Path,
    changed: Mapping[str, str],
    target: Target = HOST,
    modules: tuple[str, ...] = (),
    requirements: Path | None = None,
) -> BuiltPackage:
    for name, text in changed.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    package = PythonPackage(
        name="agent",
        sources=(project / "app", project / "main.py"),
        target=target,
        entry_points=("main.py",),
        modules=modules,
        requirements=requirements,
    )
    return package.build(project.parent / "home", ignore)


def problem(
    project: Path,
    changed: Mapping[str, str],
    target: Target = HOST,
    modules: tuple[str, ...] = (),
    requirements: Path | None = None,
) -> str:
    with pytest.raises(PackageError) as rejected:
        build(project, changed, target, modules, requirements)
    assert rejected.value.code == "PACKAGE_ENTRY"
    return str(rejected.value)


@pytest.mark.parametrize("target", [HOST, ELSEWHERE], ids=["native", "another machine"])
def test_entry_that_imports_what_is_there_is_accepted(project: Path, target: Target) -> None:
    assert (build(project, {}, target).tree / "main.py").is_file()


def test_entry_that_is_not_at_the_root_is_rejected(project: Path) -> None:
    (project / "main.py").rename(project / "app" / "main.py")
    package = PythonPackage(name="agent", sources=(project / "app",), target=HOST, entry_points=("main.py",))

    with pytest.raises(PackageError) as rejected:
        package.build(project.parent / "home", ignore)

    assert str(rejected.value) == (
        "package agent: entry point main.py is not at the package's root; name the module itself among the sources"
    )


@pytest.mark.parametrize("target", [HOST, ELSEWHERE], ids=["native", "another machine"])
def test_import_that_is_neither_in_the_package_nor_in_python_is_rejected_with_its_place(
    project: Path, target: Target
) -> None:
    assert problem(project, {"app/work.py": "import nowhere.inner\n"}, target) == (
        "package agent: entry point main.py cannot start: app/work.py imports nowhere, which is neither in the package "
        "nor in Python; add it to the lock"
    )


def test_what_a_module_only_tries_or_needs_for_types_may_be_missing(project: Path) -> None:
    tried = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import types_only\n"
    tried += "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\n"

    assert build(project, {"app/work.py": f"import json\n{tried}"}).manifest.name == "agent"


def test_module_that_nothing_imports_is_not_followed(project: Path) -> None:
    assert build(project, {"app/other.py": "import nowhere\n"}).manifest.name == "agent"


def test_entry_that_fails_when_it_is_imported_is_rejected_with_its_error(project: Path) -> None:
    assert problem(project, {"app/work.py": "import json\njson.load_everything()\n"}) == (
        "package agent: entry point main.py cannot be imported: AttributeError: module 'json' has no attribute "
        "'load_everything'; it must be importable with the package alone"
    )


def test_entry_does_not_find_what_only_this_machine_has(project: Path) -> None:
    assert "app/work.py imports pytest, which is neither" in problem(project, {"app/work.py": "import pytest\n"})
    hidden = "import importlib, json\nimportlib.import_module('pytest')\n"
    assert "ModuleNotFoundError: No module named 'pytest'" in problem(project, {"app/work.py": hidden})


def test_entry_for_another_machine_is_not_imported_here(project: Path) -> None:
    raising = "import json\nraise RuntimeError('only there')\n"

    assert build(project, {"app/work.py": raising}, ELSEWHERE).manifest.name == "agent"


def test_entry_is_tried_once_for_each_content(project: Path, tmp_path: Path) -> None:
    mark = tmp_path / "tried"
    source = f"import json\nopen({str(mark)!r}, 'a').write('x')\n"

    first = build(project, {"app/work.py": source})
    second = build(project, {})

    assert first.folder == second.folder
    assert mark.read_text() == "x"


def test_trying_leaves_nothing_in_the_package(project: Path) -> None:
    package = build(project, {})

    assert not [path.name for path in package.tree.rglob("*.pyc") if ".opt-" in path.name]
    assert package.manifest.unzipped_bytes == sum(
        path.stat().st_size for path in package.tree.rglob("*") if path.is_file()
    )
