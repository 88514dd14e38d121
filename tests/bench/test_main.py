"""The command that measures."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import package, program
from bench.measurement import Measurement, MeasurementError, Options

MET = Measurement("program", 1.5, "s", "import", 1.0, goal=2.0)
MISSED = Measurement("program", 3.0, "s", "import", 1.0, goal=2.0)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Measurement], None]:
    def give(measurement: Measurement) -> None:
        monkeypatch.setattr(program, "measure", lambda _: [measurement])

    return give


def test_every_measurement_is_named_in_the_command() -> None:
    folder = Path(command.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\ndef measure(" in path.read_text()}

    assert modules == set(command.MODULES)


def test_a_measurement_is_printed_with_its_peer(
    measured: Callable[[Measurement], None], capsys: pytest.CaptureFixture[str]
) -> None:
    measured(MET)

    assert command.main(["--only", "program"]) == 0

    row = capsys.readouterr().out.splitlines()[1]
    assert row.split() == ["program", "1.5", "s", "import", "1", "s", "1.5", "≤", "2", "s:", "met"]


def test_missed_goal_fails_the_command(
    measured: Callable[[Measurement], None], capsys: pytest.CaptureFixture[str]
) -> None:
    measured(MISSED)

    assert command.main(["--only", "program", "--json"]) == 1

    (measurement,) = json.loads(capsys.readouterr().out)["measurements"]
    assert (measurement["value"], measurement["peer"], measurement["ratio"], measurement["meets_goal"]) == (
        3.0,
        "import",
        3.0,
        False,
    )


def test_measurement_that_this_machine_cannot_make_is_skipped_and_says_why(
    measured: Callable[[Measurement], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(MET)
    monkeypatch.setenv("PATH", "")

    assert command.main(["--only", "preview", "--only", "program"]) == 0

    shown = capsys.readouterr()
    assert "program" in shown.out
    assert shown.err.startswith("preview: skipped: there is no pulumi on the PATH")


def test_measurement_that_fails_does_not_keep_others_from_running(
    measured: Callable[[Measurement], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: Options) -> list[Measurement]:
        raise MeasurementError(f"no emulator for {options.repeats} runs; run make setup")

    measured(MET)
    monkeypatch.setattr(package, "measure", fail)

    assert command.main(["--only", "package", "--only", "program", "--repeats", "2", "--json"]) == 1

    result = json.loads(capsys.readouterr().out)
    assert [measurement["name"] for measurement in result["measurements"]] == ["program"]
    assert result["errors"] == {"package": "no emulator for 2 runs; run make setup"}
