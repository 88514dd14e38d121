import errno
import json
from pathlib import Path

import pytest
import typer

from cli import __main__ as command_line
from cli.errors import CliError
from tests.cli.conftest import Longrun


def app_that_raises(error: BaseException) -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.callback()
    def root() -> None:
        """Makes the commands below commands of a group."""

    @app.command("work")
    def work(as_json: bool = typer.Option(False, "--json")) -> None:  # noqa: ARG001  read by the boundary
        raise error

    return app


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("LONGRUN_HOME", str(tmp_path))
    return monkeypatch


def run_raising(patch: pytest.MonkeyPatch, error: BaseException, *words: str) -> int:
    patch.setattr(command_line, "create_app", lambda _called: app_that_raises(error))
    return command_line.run(["work", *words])


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [("NO_SANDBOX", 3), ("EMULATOR_DEAD", 3), ("INVALID_REQUEST", 2), ("INVALID_CONFIG", 2), ("CONFLICT", 1)],
)
def test_a_known_error_is_one_line_with_its_code_and_exit_code(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str, exit_code: int
) -> None:
    assert run_raising(broken, CliError(code, "it did\nnot work")) == exit_code
    captured = capsys.readouterr()
    assert captured.err == f"longrun: it did not work [{code}]\n"
    assert captured.out == ""


def test_with_json_an_error_is_the_only_document(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_raising(broken, CliError("CONFLICT", "it did not work"), "--json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"code": "CONFLICT", "message": "it did not work"}}
    assert captured.err == ""


def test_an_unexpected_error_names_the_file_that_holds_its_traceback(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_raising(broken, ZeroDivisionError("secret detail")) == 1
    (log,) = (tmp_path / "errors").iterdir()
    said = capsys.readouterr().err
    assert (
        said
        == f"longrun: the command failed with an unexpected ZeroDivisionError; the details are in {log} [INTERNAL]\n"
    )
    assert "secret detail" in log.read_text()


def test_an_unwritable_home_does_not_hide_an_unexpected_error(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    broken.setenv("LONGRUN_HOME", str(tmp_path / "file"))
    assert run_raising(broken, ZeroDivisionError("x")) == 1
    assert "[INTERNAL]" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOTDIR])
def test_a_file_that_cannot_be_used_is_named_with_a_way_round(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, number: int
) -> None:
    assert run_raising(broken, OSError(number, "No way", "/full/state")) == 1
    assert capsys.readouterr().err == (
        "longrun: /full/state cannot be used (No way); fix that, or choose a folder with --state or LONGRUN_HOME "
        "[UNUSABLE_FILE]\n"
    )
    assert not (tmp_path / "errors").exists()


def test_an_error_of_the_network_is_not_taken_for_one_of_a_file(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_raising(broken, PermissionError(errno.EACCES, "denied")) == 1
    assert "[INTERNAL]" in capsys.readouterr().err


def test_ctrl_c_while_a_command_is_being_imported_ends_with_130(
    broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_called: str | None) -> typer.Typer:
        raise KeyboardInterrupt

    broken.setattr(command_line, "create_app", interrupted)
    assert command_line.run(["runs"]) == 130
    assert capsys.readouterr().err == "longrun: stopped by Ctrl-C [INTERRUPTED]\n"


def test_ctrl_c_ends_with_130(broken: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_raising(broken, KeyboardInterrupt()) == 130
    assert "[INTERRUPTED]" in capsys.readouterr().err


def test_without_words_the_help_is_shown(longrun: Longrun) -> None:
    done = longrun()
    assert done.returncode == 0
    assert "Usage: longrun" in done.stdout


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(longrun: Longrun) -> None:
    done = longrun("aks")
    assert done.returncode == 2
    assert "'aks'" in done.stderr
    assert "'ask'" in done.stderr
    assert done.stderr.endswith("[USAGE]\n")


def test_an_unknown_option_with_json_is_a_json_error(longrun: Longrun) -> None:
    done = longrun("runs", "--jsn", "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "USAGE"
    assert error["message"].endswith("(see 'longrun runs --help')")


def test_a_question_may_look_like_the_json_option_after_two_dashes(longrun: Longrun) -> None:
    done = longrun("ask", "--url", "ftp://nowhere", "--", "--json")
    assert done.stdout == ""
    assert done.stderr.startswith("longrun: ")
