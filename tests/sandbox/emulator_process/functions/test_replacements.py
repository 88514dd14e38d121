"""Functions of an emulator that are called many times at once: how many processes they get, and who waits."""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect

from sandbox.emulator_process.functions.calls import STALL_SECONDS
from sandbox.emulator_process.functions.replacements import CALLS_PER_CORE
from tests.sandbox.clients import client, websocket_url
from tests.sandbox.emulator_process.step_functions.machines import Machines
from tests.sandbox.harness import PATIENCE, Emulator, processes_of, wait_until

pytestmark = pytest.mark.sandbox

BOUND = CALLS_PER_CORE * (os.cpu_count() or 1)
CALLS = 5 * BOUND

SOURCE = """
import json, os, pathlib, tempfile, time
import boto3

NAME = os.environ["AWS_LAMBDA_FUNCTION_NAME"]

def handler(event, context):
    place = pathlib.Path(tempfile.gettempdir(), NAME)
    place.mkdir(exist_ok=True)
    mine = place / context.aws_request_id
    mine.touch()
    if "begun" in event:
        pathlib.Path(event["begun"]).touch()
    try:
        if event.get("levels"):
            below = {**event, "levels": event["levels"] - 1}
            answer = boto3.client("lambda").invoke(FunctionName=NAME, Payload=json.dumps(below))
            assert "FunctionError" not in answer, answer["Payload"].read()
        if "until" in event:
            deadline = time.monotonic() + 50
            while not pathlib.Path(event["until"]).exists() and time.monotonic() < deadline:
                time.sleep(0.01)
        time.sleep(float(event.get("seconds", 0.02)))
        at_once = len([call for call in place.iterdir() if call.suffix == ""])
    finally:
        mine.rename(mine.with_suffix(".done"))
    if "requestContext" in event:
        return {"statusCode": 200, "body": str(os.getpid())}
    return {"pid": os.getpid(), "at_once": at_once, "done": len(list(place.glob("*.done")))}
"""

PROGRAM = f"""
SOURCE = {SOURCE!r}
names = {{"free": -1, "single": 1, "off": 0}}
made = {{name: function(f"{{name}}-calls", SOURCE, timeout=60, reserved_concurrent_executions=reserved)
    for name, reserved in names.items()}}
queue = aws.sqs.Queue("lost-calls")
for name in ("single", "off"):
    allowed = aws.iam.RolePolicy(f"{{name}}-sends", role=made[name].role.apply(lambda arn: arn.rsplit("/", 1)[-1]),
        policy=queue.arn.apply(lambda arn: json.dumps({{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}}]}})))
    aws.lambda_.FunctionEventInvokeConfig(f"{{name}}-invoke", function_name=made[name].name, maximum_retry_attempts=0,
        destination_config={{"on_failure": {{"destination": queue.arn}}}},
        opts=pulumi.ResourceOptions(depends_on=[allowed]))
paths = {{}}
for name in ("free", "single"):
    api = aws.apigatewayv2.Api(f"{{name}}-api", protocol_type="WEBSOCKET",
        route_selection_expression="$request.body.action")
    aws.lambda_.Permission(f"{{name}}-permission", action="lambda:InvokeFunction", function=made[name].name,
        principal="apigateway.amazonaws.com", source_arn=api.execution_arn.apply(lambda arn: f"{{arn}}/*/*"))
    integration = aws.apigatewayv2.Integration(f"{{name}}-integration", api_id=api.id, integration_type="AWS_PROXY",
        integration_uri=made[name].invoke_arn)
    route = aws.apigatewayv2.Route(f"{{name}}-route", api_id=api.id, route_key="do",
        target=integration.id.apply(lambda known: f"integrations/{{known}}"))
    stage = aws.apigatewayv2.Stage(f"{{name}}-stage", api_id=api.id, name="live", auto_deploy=True,
        opts=pulumi.ResourceOptions(depends_on=[route]))
    paths[name] = pulumi.Output.format("/_aws/execute-api/{{0}}/{{1}}", api.id, stage.name)
pulumi.export("names", {{name: function.name for name, function in made.items()}})
pulumi.export("arns", {{name: function.arn for name, function in made.items()}})
pulumi.export("paths", paths)
pulumi.export("queue", queue.url)
"""


class Functions:
    """`free` has the sandbox's own limit, `single` a reserved concurrency of 1, `off` one of 0."""

    def __init__(self, emulator: Emulator, outputs: dict[str, Any]) -> None:
        self.endpoint = emulator.state.endpoint
        self.folder = emulator.folder / "state"
        self.outputs = outputs

    def invoke(self, name: str, event: object, kind: str = "RequestResponse") -> Any:  # noqa: ANN401  JSON
        answer = client(self.endpoint, "lambda").invoke(
            FunctionName=self.outputs["names"][name], Payload=json.dumps(event), InvocationType=kind
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read() or b"null")

    def messages(self) -> list[Any]:
        """What has come into the queue of failed calls."""
        found = client(self.endpoint, "sqs").receive_message(
            QueueUrl=self.outputs["queue"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def processes(self, name: str) -> int:
        marks = f"AWS_LAMBDA_FUNCTION_NAME={self.outputs['names'][name]}".encode()
        found = 0
        for pid in processes_of(self.folder):
            try:
                found += marks in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def functions(emulator: Emulator) -> Functions:
    return Functions(emulator, emulator.deploy(PROGRAM, "calls"))


async def ask_all(url: str, count: int) -> list[str]:
    """The answers to one message each over as many sockets."""

    async def ask() -> str:
        async with connect(url, open_timeout=PATIENCE) as socket:
            await socket.send('{"action": "do"}')
            return str(await socket.recv())

    async with asyncio.timeout(2 * PATIENCE):
        return list(await asyncio.gather(*(ask() for _ in range(count))))


def bound_after(began: float) -> int:
    """The most calls at once until now: each stall doubles the limit, and a busy machine may stall all the time."""
    stalls = int((time.monotonic() - began) / STALL_SECONDS)
    return int(BOUND * 2**stalls)


def test_messages_that_come_at_once_share_a_few_processes_which_end_soon_after(functions: Functions) -> None:
    url = websocket_url(functions.endpoint, functions.outputs["paths"]["free"])

    began = time.monotonic()
    answers = asyncio.run(ask_all(url, CALLS))
    bound = bound_after(began)

    assert len(answers) == CALLS
    assert all(answer.isdigit() for answer in answers), answers
    assert 0 < len(set(answers)) <= bound
    wait_until(lambda: functions.processes("free") <= 1, "the end of all processes but one", 2 * PATIENCE)
    assert functions.invoke("free", {})["pid"] in map(int, answers)


def test_calls_of_any_kind_that_come_at_once_all_end_within_the_bound(functions: Functions) -> None:
    done = functions.invoke("free", {})["done"]

    began = time.monotonic()
    with ThreadPoolExecutor(CALLS) as pool:
        asynchronous = pool.submit(lambda: [functions.invoke("free", {}, "Event") for _ in range(BOUND)])
        answers = list(pool.map(lambda _: functions.invoke("free", {}), range(CALLS)))
        asynchronous.result()
    bound = bound_after(began)

    assert max(answer["at_once"] for answer in answers) <= bound
    wait_until(lambda: functions.invoke("free", {})["done"] > done + CALLS + BOUND, "the end of all calls")


def test_calls_that_wait_for_calls_of_their_own_function_end_although_they_hold_all_its_processes(
    functions: Functions,
) -> None:
    with ThreadPoolExecutor(BOUND) as pool:
        answers = list(pool.map(lambda _: functions.invoke("free", {"levels": 2}), range(BOUND)))

    assert len(answers) == BOUND


def test_a_direct_call_above_the_reserved_concurrency_is_throttled_at_once(
    functions: Functions, tmp_path: Path
) -> None:
    api = client(functions.endpoint, "lambda")
    begun, until = tmp_path / "begun", tmp_path / "until"
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(functions.invoke, "single", {"begun": str(begun), "until": str(until)})
        try:
            wait_until(lambda: begun.exists() or first.done(), "the first call")
            with pytest.raises(api.exceptions.TooManyRequestsException) as throttled:
                api.invoke(FunctionName=functions.outputs["names"]["single"], Payload=b"{}")
            assert not first.done()
        finally:
            until.touch()
        first.result()

    assert throttled.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_asynchronous_calls_above_the_reserved_concurrency_wait_and_none_is_lost(functions: Functions) -> None:
    done = functions.invoke("single", {})["done"]

    for _ in range(8):
        functions.invoke("single", {"seconds": 0.2}, "Event")

    wait_until(lambda: finished(functions) >= done + 8, "the end of all calls")
    assert functions.messages() == []


def finished(functions: Functions) -> int:
    """Calls of `single` that have ended; 0 while it is busy."""
    try:
        return int(functions.invoke("single", {"seconds": 0})["done"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "TooManyRequestsException":
            raise
        return 0


def test_messages_above_the_reserved_concurrency_wait_and_none_is_lost(functions: Functions) -> None:
    url = websocket_url(functions.endpoint, functions.outputs["paths"]["single"])

    answers = asyncio.run(ask_all(url, 10))

    assert len(set(answers)) == 1
    assert answers[0].isdigit()


def test_a_state_machine_gets_lambdas_own_error_for_a_throttled_call_and_may_retry(functions: Functions) -> None:
    machines = Machines(functions.endpoint)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": functions.outputs["arns"]["off"], "Payload": {}},
        "End": True,
    }

    ended = machines.run({"Call": task})
    caught = machines.run(
        {
            "Call": {**task, "Catch": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "Next": "Caught"}]},
            "Caught": {"Type": "Pass", "End": True},
        }
    )

    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.TooManyRequestsException")
    assert caught["status"] == "SUCCEEDED"


def test_an_asynchronous_call_of_a_function_that_is_switched_off_fails_at_once(functions: Functions) -> None:
    functions.invoke("off", {"number": 1}, "Event")

    wait_until(lambda: bool(functions.messages()), "the failed call")
    assert [message["requestPayload"] for message in functions.messages()] == [{"number": 1}]
