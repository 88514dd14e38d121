"""The environments of a function: how many, with which variables, and when they end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sandbox.sidecar.settings import SettingsError
from tests.sandbox.harness import is_alive
from tests.sandbox.sidecar.image_functions.stage import APP, Functions, ImageStage, http_event

Eventually = Callable[[Callable[[], bool]], None]


def test_an_environment_serves_one_invocation_at_a_time(functions: Functions) -> None:
    with functions.call(http_event("/slow")) as answer:
        answer.next()
        beside = functions.get("/echo")["pid"]
        again = functions.get("/echo")["pid"]
        (functions.tree / "go").touch()
        answer.rest()

    assert beside == again
    assert len(functions.environments()) == 2


def test_variables_are_those_that_lambda_gives(functions: Functions) -> None:
    told = functions.get("/echo", variables={"OWN": "value", "PORT": "9000", "AWS_LWA_READINESS_CHECK_PORT": "9000"})

    variables = told["variables"]
    expected = {
        "OWN": "value",
        "AWS_LAMBDA_FUNCTION_NAME": "app",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/app",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
    }
    assert {name: variables.get(name) for name in expected} == expected
    assert variables["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
    assert variables["PORT"] == variables["AWS_LWA_PORT"] != "9000"
    assert {"AWS_EXECUTION_ENV", "AWS_LWA_READINESS_CHECK_PORT", "GATEWAY_PORT"}.isdisjoint(variables)


def test_a_module_of_the_image_is_forked_from_a_server_with_its_imports(images: ImageStage) -> None:
    functions = images.functions({"served.py": APP})

    told = functions.get("/echo", words=["python", "-m", "served"])

    assert told["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == "app"


def test_lines_go_to_the_log_group_of_the_function(functions: Functions, eventually: Eventually) -> None:
    functions.invoke({"number": 1})

    eventually(lambda: any(line.startswith("REPORT") for line in functions.log()))
    kinds = [line.split()[0] for line in functions.log()]
    assert kinds == ["serves", "START", "event", "END", "REPORT"]
    ((group, stream),) = functions.streams()
    assert group == "/aws/lambda/app"
    assert "/[$LATEST]" in stream


def test_an_invocation_over_the_functions_timeout_fails_and_ends_its_environment(
    functions: Functions, eventually: Eventually
) -> None:
    (pid,) = (functions.get("/echo", timeout=1)["pid"],)

    failed = functions.invoke(http_event("/slow"), timeout=1)

    assert failed.error["errorType"] == "Sandbox.Timedout"
    assert failed.error["errorMessage"].endswith("Task timed out after 1.00 seconds")
    eventually(lambda: not is_alive(pid))
    assert functions.get("/echo", timeout=1)["pid"] != pid


def test_changed_settings_take_a_new_environment(functions: Functions, eventually: Eventually) -> None:
    before = functions.get("/echo")["pid"]

    after = functions.get("/echo", variables={"OWN": "changed"})

    assert after["variables"]["OWN"] == "changed"
    eventually(lambda: not is_alive(before))
    assert [one["pids"] for one in functions.environments()] == [[after["pid"]]]


def test_further_invocations_wait_for_an_environment(images: ImageStage) -> None:
    functions = images.functions(max_environments=1)

    with ThreadPoolExecutor(3) as threads:
        pids = {told["pid"] for told in threads.map(functions.get, ["/echo"] * 3)}

    assert len(pids) == 1


def test_an_invocation_that_waits_too_long_is_throttled(images: ImageStage) -> None:
    functions = images.functions(limits={"queue_seconds": 0.1}, max_environments=1)
    with functions.call(http_event("/slow")) as answer:
        answer.next()

        throttled = functions.invoke(http_event("/echo"))

        (functions.tree / "go").touch()
        answer.rest()
    assert throttled.error["errorType"] == "TooManyRequestsException"
    assert "all 1 environments of the function app are in use" in throttled.error["errorMessage"]
    assert functions.get("/echo")["pid"]


def test_all_idle_environments_but_one_end(images: ImageStage, eventually: Eventually) -> None:
    functions = images.functions(limits={"idle_seconds": 0.2})
    with functions.call(http_event("/slow")) as answer:
        answer.next()
        functions.get("/echo")
        assert [one["serves"] for one in functions.environments()] == ["request", None]
        (functions.tree / "go").touch()
        answer.rest()

    eventually(lambda: len(functions.environments()) == 1)


def test_processes_can_be_killed(functions: Functions, eventually: Eventually) -> None:
    pid = functions.get("/echo")["pid"]

    killed = httpx.post(f"{functions.url}/_longrun/functions/app/kill")
    unknown = httpx.post(f"{functions.url}/_longrun/functions/other/kill")

    assert killed.json() == {"killed": [pid]}
    assert unknown.status_code == 404
    eventually(lambda: not is_alive(pid))
    assert functions.get("/echo")["pid"] != pid


def test_an_image_without_code_fails_with_what_to_do(functions: Functions) -> None:
    failed = functions.invoke(http_event(), image="other:1", words=["python", "-m", "no_such"])

    assert failed.error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "no code for the image other:1" in failed.error["errorMessage"]


def test_a_command_that_does_not_exist_fails(functions: Functions) -> None:
    failed = functions.invoke(http_event(), words=["/no/such/program"])

    assert failed.error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "/no/such/program" in failed.error["errorMessage"]


def test_an_adapter_that_is_no_program_is_refused(images: ImageStage) -> None:
    with pytest.raises(SettingsError, match="no_such_adapter"):
        images.functions(web_adapter="no_such_adapter")
