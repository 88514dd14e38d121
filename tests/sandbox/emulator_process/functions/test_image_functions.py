"""Functions whose package is an image: the sidecar runs them, and MiniStack reports their ends."""

from types import ModuleType
from typing import Any

import pytest

from contract.sandbox_access import HEADER
from sandbox.emulator_process.functions.image_functions import install
from tests.sandbox.emulator_process.functions.sidecars import (
    CONFIG,
    END,
    HTTP_REPLY,
    Sidecar,
    data,
    error,
    ministack,
    start,
)


@pytest.fixture
def module(sidecar: Sidecar) -> ModuleType:
    assert sidecar.url
    made = ministack()
    install(made)
    return made


def invoked(module: ModuleType, event: object, **changed: object) -> dict[str, Any]:
    """The result, as MiniStack's dispatcher gets it."""
    names, config = vars(module), {**CONFIG, **changed}
    url = names["_proxy_url_for"](config)
    result: dict[str, Any] = names["_execute_function_proxy"]({"config": config}, event, url, "id-1")
    return result


def test_an_image_is_invoked_at_the_sidecar_with_its_settings(sidecar: Sidecar, module: ModuleType) -> None:
    sidecar.answer(start(), data(b'{"answer"'), data(b": 42}"), END)

    result = invoked(module, {"number": 1})

    assert result == {"body": {"answer": 42}}
    path, headers, asked = sidecar.asked.get()
    assert (path, headers[HEADER]) == ("/_longrun/functions/invocations", "the-secret")
    assert (asked["event"], asked["request_id"]) == ({"number": 1}, "id-1")
    assert asked["function"] == {name: value for name, value in CONFIG.items() if name not in ("PackageType", "State")}


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        pytest.param([start(), END], {"body": None}, id="nothing"),
        pytest.param([start(), data(b"words"), END], {"body": "words", "raw_payload": True}, id="text"),
        pytest.param(
            [start(HTTP_REPLY), data(b'{"statusCode": 200}' + bytes(8) + b"hello"), END],
            {"body": '{"statusCode": 200}' + "\0" * 8 + "hello", "raw_payload": True},
            id="a stream",
        ),
        pytest.param(
            [start(), data(b"half"), error()],
            {"body": {"errorType": "Own.Error", "errorMessage": "it failed"}, "error": True},
            id="an error in the middle",
        ),
        pytest.param(
            [error("TooManyRequestsException", "all in use")],
            {"throttle": True, "reason": "ConcurrentInvocationLimitExceeded", "message": "all in use"},
            id="a throttle",
        ),
        pytest.param(
            [start(), data(b"half")],
            {
                "body": {
                    "errorType": "Sandbox.Error",
                    "errorMessage": "the sandbox's sidecar gave no reply: its reply ended in the middle",
                },
                "error": True,
            },
            id="no end",
        ),
    ],
)
def test_the_sidecars_lines_become_a_result(
    sidecar: Sidecar, module: ModuleType, lines: list[dict[str, Any]], result: dict[str, Any]
) -> None:
    sidecar.answer(*lines)

    assert invoked(module, {}) == result


def test_an_event_over_lambdas_limit_is_refused(module: ModuleType) -> None:
    refused = invoked(module, {"text": "x" * 6 * 1024 * 1024})

    assert refused["body"]["errorType"] == "RequestTooLargeException"


def test_other_functions_are_left_to_ministack(module: ModuleType) -> None:
    assert invoked(module, {}, PackageType="Zip", proxy="http://own") == {"body": "proxied to http://own"}
    assert vars(module)["_proxy_url_for"]({**CONFIG, "PackageType": "Zip"}) is None


def test_the_log_of_an_image_is_the_sidecars(module: ModuleType) -> None:
    emit = vars(module)["_emit_lambda_logs"]
    logged: list[str] = []
    for kind in ("Image", "Zip"):
        emit({"config": {**CONFIG, "PackageType": kind}, "logged": logged}, kind, "", False, 1)

    assert logged == ["Zip"]


def test_an_unknown_ministack_is_refused(sidecar: Sidecar) -> None:
    assert sidecar.url
    made = ministack()
    vars(made)["_proxy_url_for"] = lambda name: name

    with pytest.raises(ValueError, match="_proxy_url_for"):
        install(made)
