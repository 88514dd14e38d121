import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.commands import doctor_checks as checks
from cli.commands.doctor_checks import Check


def test_a_port_in_use_comes_with_a_way_round() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        number = listener.getsockname()[1]
        found = checks.port(number, own_sandbox=False)
        assert (found.state, "--port 0" in found.advice) == ("optional", True)
        assert checks.port(number, own_sandbox=True).state == "ok"
    assert checks.port(number, own_sandbox=False).state == "ok"


def test_environments_that_are_not_built_yet_are_no_fault(tmp_path: Path) -> None:
    assert checks.built("Environments", tmp_path / "envs", "longrun up").state == "later"
    (tmp_path / "envs" / "emulator-1").mkdir(parents=True)
    assert checks.built("Environments", tmp_path / "envs", "longrun up").state == "ok"


def test_a_full_disk_is_missing_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "NEEDED_DISK_GB", 1e9)
    assert checks.disk(tmp_path / "not" / "there").state == "missing"


def test_a_file_in_the_place_of_the_home_is_missing_room(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    found = checks.disk(tmp_path / "home" / "envs")
    assert (found.state, "LONGRUN_HOME" in found.advice) == ("missing", True)


@pytest.mark.parametrize("look", [checks.docker, checks.java, checks.pulumi])
def test_commands_that_are_not_there_are_optional(
    look: Callable[[], Check], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look().state == "optional"


def test_every_finding_that_is_not_ok_shows_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LONGRUN_HOME", str(tmp_path))
    found = checks.all_checks(tmp_path / "state")
    assert [check.name for check in found if check.state != "ok" and not check.advice] == []
