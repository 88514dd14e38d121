import json
import logging
from typing import Any

import pytest

from runtime.process.logs import capture_libraries, log, run_lines


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged, read back."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def fail() -> None:
    raise ValueError("first line\nsecond line")


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    log("worker.run", events=3, text="größer\n")

    (line,) = lines(capsys)
    assert line["event"] == "worker.run"
    assert line["level"] == "INFO"
    assert line["time"].endswith("Z")
    assert (line["events"], line["text"]) == (3, "größer\n")


def test_lines_of_a_run_carry_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    with run_lines("run-1"):
        log("inside")
    log("outside")

    inside, outside = lines(capsys)
    assert inside["run_id"] == "run-1"
    assert "run_id" not in outside


def test_the_whole_traceback_is_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        fail()
    except ValueError as error:
        log("failed", level="ERROR", exc_info=True)
        log("failed", level="ERROR", exc_info=error)

    for line in lines(capsys):
        assert line["traceback"].startswith("Traceback")
        assert "in fail" in line["traceback"]
        assert line["traceback"].endswith("first line\nsecond line\n")


def test_what_libraries_log_becomes_such_lines_once(capsys: pytest.CaptureFixture[str]) -> None:
    capture_libraries()
    capture_libraries()

    with run_lines("run-1"):
        logging.getLogger("strands.models").warning("slow %s", "model")
        logging.getLogger("strands.models").debug("not this")

    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["message"]) == ("strands.models", "WARNING", "slow model")
    assert line["run_id"] == "run-1"
    assert logging.getLogger().level == logging.WARNING


def test_half_of_a_surrogate_pair_is_written_as_its_escape(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log("model.said", text="half \ud83d")

    assert json.loads(capfdbinary.readouterr().out)["text"] == "half \ud83d"
