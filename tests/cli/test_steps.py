import io

import pytest
from rich.console import Console

from cli import steps as module
from cli.output import Output
from cli.steps import Steps
from sandbox.lifecycle.commands import Progress


def shown(*progress: Progress) -> list[str]:
    output = io.StringIO()
    with Steps(Output(as_json=False, console=Console(file=output, width=100))) as steps:
        for entry in progress:
            steps.report(entry)
        steps.say("up", "ready")
    return [line.split(maxsplit=2)[2] for line in output.getvalue().splitlines()]


def test_each_step_is_a_line_with_its_time() -> None:
    assert shown(Progress("emulator", "starting")) == ["emulator     starting", "up           ready"]


def test_of_a_fast_count_the_first_and_the_last_are_shown() -> None:
    counted = [Progress("deployment", f"{number} made") for number in range(1, 40)]
    assert shown(*counted) == ["deployment   1 made", "deployment   39 made", "up           ready"]


def test_a_slow_count_is_shown_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COUNT_SECONDS", 0.0)
    counted = [Progress("deployment", f"{number} made") for number in range(1, 4)]
    assert shown(*counted) == [f"deployment   {number} made" for number in range(1, 4)] + ["up           ready"]
