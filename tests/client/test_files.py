from pathlib import Path

import pytest

from client import LongrunError, RunFile


def named(name: str) -> RunFile:
    return RunFile(name, 1, "text/plain", "https://example.com/x")


@pytest.mark.parametrize("name", ["report.md", "plots/balance.png", "a..b/-c_1.json", "x" * 200])
def test_a_name_leads_to_its_place_below_the_folder(tmp_path: Path, name: str) -> None:
    assert named(name).path_below(tmp_path) == tmp_path.joinpath(*name.split("/"))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/x", "../x", "a/../../x", "a//b", "a/", "./a", "a\\..\\b", "a\nb", "a b", "é", "C:x", "x" * 201],
)
def test_a_name_that_could_lead_elsewhere_is_rejected(tmp_path: Path, name: str) -> None:
    with pytest.raises(LongrunError) as caught:
        named(name).path_below(tmp_path)

    assert caught.value.code == "UNSAFE_NAME"


def test_a_folder_that_is_a_link_to_the_outside_is_rejected(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "plots").symlink_to(outside)

    with pytest.raises(LongrunError, match="leads out of"):
        named("plots/x.png").path_below(folder)


def test_a_file_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "report.md").symlink_to(tmp_path / "elsewhere.md")

    with pytest.raises(LongrunError, match="leads out of"):
        named("report.md").path_below(tmp_path)


def test_a_folder_may_itself_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert named("report.md").path_below(tmp_path / "link") == tmp_path / "link" / "report.md"


@pytest.mark.parametrize("lacking", ["name", "bytes", "content_type", "url"])
def test_what_is_no_file_is_not_taken_for_one(lacking: str) -> None:
    wire = {"name": "report.md", "bytes": 4, "content_type": "text/markdown", "url": "https://example.com/x"}
    assert RunFile.from_wire(wire).bytes == 4

    with pytest.raises(KeyError):
        RunFile.from_wire({key: value for key, value in wire.items() if key != lacking})
