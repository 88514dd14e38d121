"""ECS without Docker: RunTask runs a process with the task's variables, and DescribeTasks has its real end."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from contract.events import EventType
from contract.run_ids import new_run_id
from runtime.journal import Journal, NewRun, S3Payloads
from sandbox.paths import REPOSITORY
from tests.sandbox.clients import client
from tests.sandbox.emulator_process.containers.stage import Stage, variables
from tests.sandbox.emulator_process.step_functions.machines import Machines
from tests.sandbox.harness import Emulator, is_alive, wait_until

pytestmark = pytest.mark.sandbox

SHOW = "import json, os; print(json.dumps({name: os.environ.get(name) for name in ('WORD', 'AWS_REGION', 'PASSWORD')}))"
WAIT = "import os, time, pathlib; pathlib.Path(os.environ['WORD']).write_text(str(os.getpid())); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAIT}"
LEAVES_A_CHILD = """
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], process_group=0)
pathlib.Path(os.environ["WORD"]).write_text(str(child.pid))
"""
TOKEN = """
import boto3, json, os
client = boto3.client("stepfunctions")
client.send_task_success(taskToken=os.environ["TOKEN"], output=json.dumps({"answer": 42}))
"""


def rejected(call: object, code: str, text: str) -> bool:
    assert callable(call)
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert text in error["Message"]
    return True


@pytest.mark.parametrize("code", [0, 3])
def test_a_task_has_the_exit_code_of_its_process(stage: Stage, code: int) -> None:
    task = stage.ended(f"raise SystemExit({code})")

    assert task["containers"][0]["exitCode"] == code
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"


def test_variables_secrets_and_overrides_reach_the_process_whose_lines_are_logged(
    stage: Stage, emulator: Emulator
) -> None:
    secrets = client(emulator.state.endpoint, "secretsmanager")
    arn = secrets.create_secret(Name=uuid4().hex, SecretString=json.dumps({"key": "s3cret"}))["ARN"]
    container = {
        "environment": [{"name": "WORD", "value": "given"}],
        "secrets": [{"name": "PASSWORD", "valueFrom": f"{arn}:key::"}],
    }
    definition = stage.register(SHOW, container)

    plain, overridden = stage.end_of([*stage.run(definition), *stage.run(definition, overrides=variables(WORD="own"))])

    expected = {"WORD": "given", "AWS_REGION": "us-east-1", "PASSWORD": "s3cret"}
    assert json.loads(stage.lines(plain)[0]) == expected
    assert json.loads(stage.lines(overridden)[0]) == expected | {"WORD": "own"}
    assert overridden["overrides"]["containerOverrides"][0]["environment"] == [{"name": "WORD", "value": "own"}]


def test_a_secret_that_does_not_exist_keeps_the_task_from_starting(stage: Stage) -> None:
    missing = "arn:aws:secretsmanager:us-east-1:000000000000:secret:missing-AbCdEf"
    definition = stage.register(SHOW, {"secrets": [{"name": "PASSWORD", "valueFrom": missing}]})

    (task,) = stage.end_of(stage.run(definition))

    assert task["stopCode"] == "TaskFailedToStart"
    assert "unable to pull secrets" in task["stoppedReason"]
    assert "exitCode" not in task["containers"][0]


@pytest.mark.parametrize(("script", "code"), [(WAIT, 143), (STUBBORN, 137)])
def test_stop_task_ends_the_process_and_kills_it_where_it_stays(stage: Stage, script: str, code: int) -> None:
    word = uuid4().hex
    (arn,) = stage.run(stage.register(script, {"stopTimeout": 1}), overrides=variables(WORD=word))
    stage.wait_for(word)
    wait_until(lambda: bool((stage.folder / word).read_text()), "the process's id")

    stage.ecs.stop_task(cluster=stage.cluster, task=arn, reason="enough")

    (task,) = stage.end_of([arn])
    assert task["containers"][0]["exitCode"] == code
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert not is_alive(int((stage.folder / word).read_text()))


def test_a_client_token_starts_a_task_once(stage: Stage) -> None:
    definition, token = stage.register("print(1)"), uuid4().hex

    first, again = stage.run(definition, clientToken=token), stage.run(definition, clientToken=token)

    assert first == again
    assert rejected(
        lambda: stage.run(definition, clientToken=token, count=2), "ConflictException", "with other parameters"
    )
    stage.end_of(first)


def test_at_most_eight_tasks_run_at_the_same_time_and_the_others_wait(stage: Stage) -> None:
    words = [uuid4().hex for _ in range(10)]
    definition = stage.register(
        "import os, time\nopen(os.environ['WORD'], 'w').close()\nwhile not os.path.exists('go-on'): time.sleep(0.01)"
    )
    arns = [arn for word in words for arn in stage.run(definition, overrides=variables(WORD=word))]
    wait_until(lambda: sum((stage.folder / word).exists() for word in words) == 8, "the start of eight tasks")

    statuses = [task["lastStatus"] for task in stage.described(arns)]

    assert statuses.count("PROVISIONING") == 2
    (stage.folder / "go-on").touch()
    assert [task["containers"][0]["exitCode"] for task in stage.end_of(arns)] == [0] * 10


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        pytest.param({"count": 11}, "InvalidParameterException", "1 to 10", id="too many tasks"),
        pytest.param({"overrides": variables(WORD="x" * 8_192)}, "InvalidParameterException", "8,192", id="overrides"),
        pytest.param(
            {"overrides": {"containerOverrides": [{"name": "other"}]}},
            "InvalidParameterException",
            "named other",
            id="unknown container",
        ),
        pytest.param({"networkConfiguration": {}}, "InvalidParameterException", "awsvpc", id="no network"),
        pytest.param(
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}},
            "InvalidParameterException",
            "subnet-0",
            id="unknown subnet",
        ),
        pytest.param({"launchType": "EC2"}, "InvalidParameterException", "No Container Instances", id="no instances"),
        pytest.param({"cluster": "none"}, "ClusterNotFoundException", "Cluster not found", id="no cluster"),
        pytest.param({"clientToken": "x" * 65}, "InvalidParameterException", "64", id="long token"),
        pytest.param({"clientToken": "a b"}, "InvalidParameterException", "visible ones of ASCII", id="blank in token"),
    ],
)
def test_run_task_rejects_what_aws_rejects(stage: Stage, arguments: dict[str, object], code: str, text: str) -> None:
    definition = stage.register("print(1)")

    assert rejected(lambda: stage.run(definition, **arguments), code, text)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        pytest.param({"cpu": "300"}, "No Fargate configuration exists", id="size"),
        pytest.param({"networkMode": "bridge"}, "awsvpc", id="network mode"),
        pytest.param({"executionRoleArn": ""}, "execution role", id="no execution role"),
        pytest.param({"family": "a b"}, "Family", id="family"),
    ],
)
def test_a_task_definition_that_aws_rejects_is_rejected(stage: Stage, settings: dict[str, Any], text: str) -> None:
    definition = stage.definition("print(1)", **settings)

    assert rejected(lambda: stage.ecs.register_task_definition(**definition), "ClientException", text)


def test_an_image_without_a_folder_keeps_the_task_from_starting_with_the_reason(stage: Stage) -> None:
    (task,) = stage.end_of(stage.run(stage.register("print(1)", {"image": "example.com/unknown:1"})))

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")


@pytest.mark.parametrize(
    ("fault", "code", "stop"),
    [("kill-task", 137, "EssentialContainerExited"), ("interrupt-task", 143, "SpotInterruption")],
)
def test_a_fault_ends_the_next_task_that_matches(stage: Stage, fault: str, code: int, stop: str) -> None:
    word = uuid4().hex
    definition = stage.register(WAIT)
    stage.post("/_longrun/tasks/faults", {"name": fault, "match": word}).raise_for_status()

    (task,) = stage.end_of(stage.run(definition, overrides=variables(WORD=word)))

    assert (task["containers"][0]["exitCode"], task["stopCode"]) == (code, stop)


def test_the_end_of_a_task_ends_all_that_it_has_started(stage: Stage) -> None:
    word = uuid4().hex
    (task,) = stage.end_of(stage.run(stage.register(LEAVES_A_CHILD), overrides=variables(WORD=word)))

    assert task["containers"][0]["exitCode"] == 0
    child = int((stage.folder / word).read_text())
    wait_until(lambda: not is_alive(child), "the end of the child")


@pytest.fixture
def machines(emulator: Emulator) -> Machines:
    return Machines(emulator.state.endpoint)


@pytest.mark.parametrize(
    ("script", "status"), [("raise SystemExit(0)", "SUCCEEDED"), ("raise SystemExit(3)", "FAILED")]
)
def test_a_state_machine_that_waits_for_a_task_has_its_result(
    stage: Stage, machines: Machines, script: str, status: str
) -> None:
    ended = machines.run({"Task": run_task(stage, stage.register(script), ".sync", {})})

    assert ended["status"] == status
    if status == "FAILED":
        assert ended["error"] == "States.TaskFailed"
    stopped = json.loads(ended["cause"] if status == "FAILED" else ended["output"])
    assert stopped["Containers"][0]["ExitCode"] == (3 if status == "FAILED" else 0)


def test_a_task_reports_to_a_state_machine_by_its_token(stage: Stage, machines: Machines) -> None:
    link_libraries(stage.folder)
    overrides = {
        "ContainerOverrides": [
            {"Name": "tool", "Environment": [{"Name": "TOKEN", "Value": "{% $states.context.Task.Token %}"}]}
        ]
    }

    ended = machines.run({"Task": run_task(stage, stage.register(TOKEN), ".waitForTaskToken", overrides)})

    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"answer": 42})


def run_task(stage: Stage, definition: str, pattern: str, overrides: Mapping[str, object]) -> dict[str, object]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::ecs:runTask{pattern}",
        "Arguments": {
            "Cluster": stage.cluster,
            "TaskDefinition": definition,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [stage.subnet]}},
            "Overrides": overrides,
        },
        "TimeoutSeconds": 30,
        "End": True,
    }


def link_libraries(folder: Path) -> None:
    """Puts the development environment's boto3 into the image."""
    for entry in Path(boto3.__file__).parents[1].iterdir():
        if not entry.name.startswith("__") and entry.suffix != ".pth" and not (folder / entry.name).exists():
            (folder / entry.name).symlink_to(entry)


def test_a_tool_call_of_a_run_is_a_task_that_reports_its_result(
    stage: Stage, machines: Machines, emulator: Emulator
) -> None:
    endpoint = emulator.state.endpoint
    s3, dynamodb = client(endpoint, "s3"), client(endpoint, "dynamodb")
    for bucket in ("tool-data", "tool-payloads"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="tool-data", Key="people.csv", Body=b"age,re78\n20,100\n30,300\n40,200\n")
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName="tool-runs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
    )
    journal = Journal("tool-runs", dynamodb, S3Payloads("tool-payloads", s3), 1)
    run_id = new_run_id()
    journal.accept(NewRun(run_id, "session", "owner", "analyst", "How old?", None, time.time() + 900))
    job = journal.jobs.prepare(run_id, "t1", "profile_table", "call-1", {"table": "people"})
    link_project(stage.folder)
    definition = stage.register(
        "", {"command": ["python", "-m", "tools.task.task_main"], "environment": TOOL_VARIABLES}
    )

    ended = machines.run({"Task": run_task(stage, definition, ".waitForTaskToken", tool_overrides(run_id))})

    assert json.loads(ended["output"]) == {"tool_use_id": "call-1", "status": "success"}
    result = json.loads(s3.get_object(Bucket="tool-payloads", Key=job.result_key)["Body"].read())
    assert (result["status"], '"re78"' in result["content"][0]["text"]) == ("success", True)
    progress = [event.data for event in journal.scan(run_id) if event.type is EventType.TOOL_PROGRESS]
    assert progress[0] == {"tool_use_id": "call-1", "text": "reading the table people"}


TOOL_VARIABLES = [
    {"name": name, "value": value}
    for name, value in {
        "LONGRUN_TABLE": "tool-runs",
        "LONGRUN_PAYLOAD_BUCKET": "tool-payloads",
        "LONGRUN_RETENTION_DAYS": "1",
        "LONGRUN_DATA_BUCKET": "tool-data",
    }.items()
]


def tool_overrides(run_id: str) -> dict[str, object]:
    values = {
        "LONGRUN_RUN_ID": run_id,
        "LONGRUN_JOB": "t1",
        "LONGRUN_TASK_TOKEN": "{% $states.context.Task.Token %}",
    }
    entries = [{"Name": name, "Value": value} for name, value in values.items()]
    return {"ContainerOverrides": [{"Name": "tool", "Environment": entries}]}


def link_project(folder: Path) -> None:
    """Puts the project's code into the image, as its recipe does."""
    link_libraries(folder)
    for name in ("contract", "runtime", "tools"):
        if not (folder / name).exists():
            (folder / name).symlink_to(REPOSITORY / name)
