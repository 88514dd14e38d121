"""Sources: named folders and modules; never the project, the output, or a way around them."""

from pathlib import Path

import pytest

from components.packaging import PackageError
from components.packaging.sources import content_hash, source_files


def test_output_folder_inside_a_source_is_rejected_instead_of_packed_without_end(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()

    with pytest.raises(PackageError) as rejected:
        source_files([tmp_path / "app"], tmp_path / "app" / ".longrun")

    assert rejected.value.code == "PACKAGE_SOURCE"
    assert "contains the output folder" in str(rejected.value)
    assert "the package would contain itself" in str(rejected.value)


@pytest.mark.parametrize("mark", ["Pulumi.yaml", ".git", "pyproject.toml"])
def test_projects_root_is_rejected_as_a_source(tmp_path: Path, mark: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / mark).touch()

    with pytest.raises(PackageError, match=f"is a project's root \\(it has {mark}\\)"):
        source_files([tmp_path / "project"], tmp_path / "home")


def test_output_folder_reached_over_a_link_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "app" / "out").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "app" / "out")

    with pytest.raises(PackageError, match="contains the output folder"):
        source_files([tmp_path / "app"], tmp_path / "home")


def test_missing_source_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="does not exist; name a folder or a"):
        source_files([tmp_path / "app"], tmp_path / "home")


def test_link_in_a_source_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "loop").symlink_to(tmp_path)

    with pytest.raises(PackageError, match="is a symbolic link; put the file itself there"):
        source_files([tmp_path / "app"], tmp_path / "home")


def test_module_is_a_source_by_itself(tmp_path: Path) -> None:
    (tmp_path / "one.py").touch()

    assert [file.name for file in source_files([tmp_path / "one.py"], tmp_path / "home").files] == ["one.py"]


def test_hash_tells_apart_what_only_moved(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "x.py").write_text("1")
    (tmp_path / "b" / "y.py").write_text("1")
    home = tmp_path / "home"

    hashes = {content_hash(source_files([tmp_path / name], home).files) for name in ("a", "b")}
    assert len(hashes) == 2
