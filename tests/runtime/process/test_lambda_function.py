import json
from collections.abc import Mapping
from typing import Any

import pytest

from runtime.process.lambda_function import LambdaFunction, Served


class Service:
    """Replies with what it is sent."""


def _serve(_service: Service, event: Mapping[str, Any], _context: object) -> Served[str]:
    if "error" in event:
        raise ValueError(event["error"])
    return Served(str(event["text"]), {"length": len(event["text"])})


def test_the_service_is_made_at_the_first_call_and_kept() -> None:
    made: list[Service] = []

    def create() -> Service:
        made.append(Service())
        return made[-1]

    handler = LambdaFunction("echo", create, _serve, warm_reply="")

    assert not made
    assert [handler({"text": "a"}, None), handler({"text": "b"}, None)] == ["a", "b"]
    assert len(made) == 1


def test_a_failure_to_make_the_service_is_not_kept() -> None:
    outcomes: list[Exception | None] = [OSError("no table"), None]

    def create() -> Service:
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome
        return Service()

    handler = LambdaFunction("echo", create, _serve, warm_reply="")

    with pytest.raises(OSError, match="no table"):
        handler({"text": "a"}, None)
    assert handler({"text": "a"}, None) == "a"


def test_a_warm_up_event_makes_the_service_and_is_not_served() -> None:
    handler = LambdaFunction("echo", Service, _serve, warm_reply="warm")

    assert handler({"warm": True}, None) == "warm"
    assert handler.service is not None


def test_an_invocation_is_one_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    LambdaFunction("echo", Service, _serve, warm_reply="")({"text": "abc"}, None)

    (line,) = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert (logged["event"], logged["length"]) == ("echo.served", 3)
    assert logged["elapsed_ms"] >= 0


def test_an_exception_passes_on_to_lambda() -> None:
    with pytest.raises(ValueError, match="broken"):
        LambdaFunction("echo", Service, _serve, warm_reply="")({"error": "broken"}, None)


def test_a_handler_that_must_not_raise_replies_and_logs_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    handler = LambdaFunction(
        "echo", Service, _serve, warm_reply="", on_failure=lambda _event, _error: Served("failed", {"status": 500})
    )

    assert handler({"error": "broken"}, None) == "failed"
    failed, served = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (failed["event"], failed["level"]) == ("echo.failed", "ERROR")
    assert "ValueError: broken" in failed["traceback"]
    assert (served["event"], served["status"]) == ("echo.served", 500)
