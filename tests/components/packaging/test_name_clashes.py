"""A dependency with the import name of our own code is reported with both names and the way out."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from components.packaging import BuiltPackage, PackageError, PythonPackage, Target

MakeWheel = Callable[[str, Mapping[str, str]], str]
HOST = Target.of("host", "host")
OWN = ("agents", "contract", "runtime", "tools")


def ignore(_: str) -> None:
    """A report that nobody reads."""


@pytest.fixture
def build(tmp_path: Path, make_wheel: MakeWheel) -> Callable[[Mapping[str, str]], BuiltPackage]:
    """Packs folders like ours with a made-up distribution that installs these files."""
    for name in OWN:
        (tmp_path / "project" / name).mkdir(parents=True)
        (tmp_path / "project" / name / "__init__.py").touch()
    (tmp_path / "project" / "agent_main.py").touch()

    def run(files: Mapping[str, str]) -> BuiltPackage:
        lock = tmp_path / "worker.txt"
        lock.write_text(make_wheel("openai_agents", files))
        sources = tuple(tmp_path / "project" / name for name in (*OWN, "agent_main.py"))
        package = PythonPackage(name="worker", sources=sources, target=HOST, requirements=lock)
        return package.build(tmp_path / "home", ignore)

    return run


@pytest.mark.parametrize("own", OWN)
def test_folder_of_a_dependency_with_the_name_of_ours_is_reported_with_the_way_out(
    build: Callable[[Mapping[str, str]], BuiltPackage], own: str
) -> None:
    with pytest.raises(PackageError) as found:
        build({f"{own}/__init__.py": "", f"{own}/run.py": "", "other/__init__.py": ""})

    assert found.value.code == "PACKAGE_SOURCE"
    assert str(found.value) == (
        f"package worker: openai_agents 1.0 installs {own}, which has the import name of our own {own}, so Python "
        f"could import only one of them; remove openai_agents 1.0 from worker.txt, or run the code that needs it in a "
        f"package without {own}, for example as an MCP server"
    )


@pytest.mark.parametrize(
    ("file", "own"),
    [("agents.py", "agents"), ("tools.abi3.so", "tools"), ("agent_main/__init__.py", "agent_main.py")],
)
def test_module_and_folder_of_one_import_name_clash_as_well(
    build: Callable[[Mapping[str, str]], BuiltPackage], file: str, own: str
) -> None:
    installed = file.partition("/")[0]

    with pytest.raises(PackageError, match=f"openai_agents 1.0 installs {installed}, .* of our own {own}, so"):
        build({file: ""})


def test_names_that_only_begin_alike_do_not_clash(build: Callable[[Mapping[str, str]], BuiltPackage]) -> None:
    tree = build({"agents_sdk/__init__.py": "", "openai/agents/__init__.py": "", "toolset.py": ""}).tree

    assert (tree / "agents_sdk").is_dir()
    assert (tree / "agents" / "__init__.py").is_file()
