"""The folder of the program, as the pack finds it from where the engine started it."""

from pathlib import Path

import pytest

from policies import program_folder
from policies.program_folder import ProgramFolder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a folder in it, in which Pulumi was called."""
    folder = tmp_path / "project"
    (folder / "src" / "app").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    monkeypatch.setenv("PULUMI_PROJECT", "mine")
    monkeypatch.setenv("PWD", str(folder / "src"))
    monkeypatch.setattr(program_folder, "_folders_of_ancestors", lambda: iter(()))
    return folder


def test_relative_path_is_read_from_the_folder_of_the_project_file(project: Path) -> None:
    (project / "app").mkdir()
    folder = ProgramFolder.of_environment()

    assert folder.find("./app") == f"{project}/./app"
    assert folder.find("elsewhere") is None
    assert folder.find("a\0b") is None


@pytest.mark.parametrize("main", ["src", "src/", "./src/__main__.py"])
def test_relative_path_is_read_from_the_folder_that_main_names(project: Path, main: str) -> None:
    (project / "Pulumi.yaml").write_text(f"name: mine\nruntime: python\nmain: {main}\n")
    (project / "src" / "__main__.py").write_text("")

    found = ProgramFolder.of_environment().find("app")

    assert found is not None
    assert Path(found).samefile(project / "src" / "app")


def test_project_of_another_name_is_passed_over(project: Path) -> None:
    (project / "src" / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    (project / "src" / "Pulumi.json").write_text("{broken")

    assert ProgramFolder.of_environment().candidates[0] == project


def test_folder_of_the_engines_process_comes_before_that_of_the_users_shell(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "copy"
    other.mkdir()
    (other / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    monkeypatch.setattr(program_folder, "_folders_of_ancestors", lambda: iter([tmp_path, other]))

    assert ProgramFolder.of_environment().candidates == (other, project)


def test_absolute_path_is_found_where_it_exists(project: Path) -> None:
    folder = ProgramFolder(())

    assert folder.find(f"{project}/src/") == f"{project}/src/"
    assert folder.find(str(project / "nowhere")) is None
