"""Runs of the ReAct workflow of a sandbox, started by boto3 as the seed does, and what is left of them."""

import io
import json
import shutil
import time
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from sandbox.task_code import tree_with
from tests.system.background import TERMINAL, data_of
from tests.system.harness import Deployment

PATIENCE: Final = 300.0
"""Seconds for a run on a machine that is busy with other runs and other tests."""

_POLL: Final = 0.25


@dataclass(frozen=True, slots=True)
class Workflow:
    """The workflow of a deployment."""

    deployment: Deployment

    @property
    def machine(self) -> str:
        return str(self.deployment.state.outputs["workflow_state_machine"])

    @property
    def functions(self) -> Mapping[str, str]:
        """The names of the functions by what each is for; the WebSocket's handler among them."""
        outputs = self.deployment.state.outputs
        return {**outputs["workflow_functions"], "websocket-handler": outputs["gateway_function"]}

    def start(self, question: str, **more: object) -> "Run":
        """A new execution, whose name is the run's id."""
        run_id = str(uuid.uuid4())
        given = {"sessionId": run_id, "query": {"text": question}, **more}
        return self.execute(run_id, given)

    def execute(self, name: str, given: object) -> "Run":
        started = self._states().start_execution(stateMachineArn=self.machine, name=name, input=json.dumps(given))
        return Run(self.deployment, name, str(started["executionArn"]))

    def definition(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self._states().describe_state_machine(stateMachineArn=self.machine)["definition"]
        )
        return found

    def define(self, definition: Mapping[str, Any]) -> None:
        """Executions that begin from now on have this definition."""
        self._states().update_state_machine(stateMachineArn=self.machine, definition=json.dumps(definition))

    def let_crash(self, role: str, handler_folder: Path, crashes: Path) -> None:
        """Have a function end its process where a file of the folder says so; see crashing_handler."""
        deployed = self.deployment.client("lambda").get_function_configuration(FunctionName=self.functions[role])
        variables = {
            "PYTHONPATH": str(handler_folder),
            "TEST_HANDLER": deployed["Handler"],
            "TEST_ROLE": role,
            "TEST_CRASHES": str(crashes),
        }
        self.update(role, variables, Handler="crashing_handler.handler")

    def update(self, role: str, variables: Mapping[str, str], **settings: str) -> None:
        """Gives a function more variables, and other settings."""
        functions, name = self.deployment.client("lambda"), self.functions[role]
        known = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**known, **variables}}, **settings
        )

    def replace_tool_process(self, child: Path, folder: Path) -> None:
        """Have the tools' containers run an image whose module tools.task.tool_child is this file; the deployed one
        stays beside it as deployed_tool_child."""
        # As the sandbox chooses it: an image has all libraries that its command needs.
        packages = self._package("data-query").parents[1].glob("*/tree")
        newest = sorted(packages, key=lambda tree: tree.stat().st_mtime, reverse=True)
        tree = tree_with(newest, ("python", "-m", "tools.task.task_main"))
        assert tree is not None
        folder.mkdir()
        for entry in tree.iterdir():
            if entry.name != "tools":
                (folder / entry.name).symlink_to(entry)
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(tree / "tools", folder / "tools", ignore=ignored)
        task = folder / "tools" / "task"
        (task / "tool_child.py").rename(task / "deployed_tool_child.py")
        shutil.copyfile(child, task / "tool_child.py")
        image = self._image()
        self.deployment.sidecar("POST", "/_longrun/images", {"image": image, "folder": str(folder)})

    def _package(self, role: str) -> Path:
        """The folder with the code of a function, from which the sandbox runs it."""
        code = self.deployment.client("lambda").get_function(FunctionName=self.functions[role])["Code"]["Location"]
        archive = zipfile.ZipFile(io.BytesIO(httpx.get(code).raise_for_status().content))
        return Path(archive.read("bootstrap").decode().split()[-1])

    def _image(self) -> str:
        ecs = self.deployment.client("ecs")
        arn = ecs.list_task_definitions()["taskDefinitionArns"][0]
        found = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
        return str(found[0]["image"])

    def _states(self) -> Any:  # noqa: ANN401  a boto3 client
        return self.deployment.client("stepfunctions")


@dataclass(frozen=True, slots=True)
class Run:
    """One execution and its run."""

    deployment: Deployment
    run_id: str
    execution: str

    def events(self) -> list[dict[str, Any]]:
        return [
            {"seq": int(item["seq"]["N"]), "type": item["type"]["S"], "data": data_of(item)}
            for item in self.deployment.items(self.run_id)
        ]

    def has(self, kind: str) -> bool:
        return any(event["type"] == kind for event in self.events())

    def wait_for(self, kind: str) -> None:
        _wait(lambda: self.has(kind), f"{kind} of run {self.run_id}: {self.events()}")

    def status(self) -> str:
        head = self.deployment.head(self.run_id)
        return "" if head is None else str(head["status"]["S"])

    def wait_for_end(self) -> None:
        """Of the execution and of the run."""
        what = "the end of run {run}, whose execution is {execution} and whose events are {events}"
        end = time.monotonic() + PATIENCE
        while not (self.described()["status"] != "RUNNING" and self.status() in TERMINAL):
            if time.monotonic() > end:
                known = {"run": self.run_id, "execution": self.described(), "events": self.events()}
                pytest.fail(what.format(**known))
            time.sleep(_POLL)

    def stop(self, cause: str) -> None:
        self.deployment.client("stepfunctions").stop_execution(executionArn=self.execution, cause=cause)

    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.deployment.client("stepfunctions").describe_execution(executionArn=self.execution)
        return found

    def states(self) -> list[str]:
        """The names of the states that were entered, in order."""
        pages = self.deployment.client("stepfunctions").get_paginator("get_execution_history")
        found = [event for page in pages.paginate(executionArn=self.execution) for event in page["events"]]
        return [event["stateEnteredEventDetails"]["name"] for event in found if "stateEnteredEventDetails" in event]

    def containers(self) -> list[str]:
        """The ARNs of the containers that execute its tools now."""
        listed = self.deployment.sidecar("GET", "/_longrun/tasks")["tasks"]
        return [task["arn"] for task in listed if any(self._started(pid) for pid in task["pids"])]

    def processes(self) -> list[int]:
        """All processes that execute its tools, those that a container has started too."""
        return [
            int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._started(entry.name)
        ]

    def _started(self, pid: int | str) -> bool:
        with suppress(OSError):
            return f"LONGRUN_RUN_ID={self.run_id}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False

    def jobs_at_work(self) -> list[str]:
        """The jobs that somebody is said to work on."""
        return [item["job_id"]["S"] for item in self._waits() if item["state"]["S"] == "RUNNING"]

    def tokens(self) -> list[str]:
        """Those of all states that have waited for an answer or a container."""
        return [item["token"]["S"] for item in self._waits() if item["token"]["S"]]

    def is_awaited(self, token: str) -> bool:
        """Whether a state still waits with it."""
        states = self.deployment.client("stepfunctions")
        try:
            states.send_task_heartbeat(taskToken=token)
        except (states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist, states.exceptions.InvalidToken):
            return False
        return True

    def _waits(self) -> list[dict[str, Any]]:
        """The items of the run's questions and jobs."""
        found: list[dict[str, Any]] = self.deployment.client("dynamodb").query(
            TableName=self.deployment.state.outputs["table_name"],
            KeyConditionExpression="pk = :run",
            ExpressionAttributeValues={":run": {"S": f"RUN#{self.run_id}"}},
        )["Items"]
        return [item for item in found if item["sk"]["S"].startswith(("QUESTION#", "JOB#"))]


@contextmanager
def defined(workflow: Workflow, definition: Mapping[str, Any]) -> Iterator[None]:
    """The definition for the executions that begin inside."""
    before = workflow.definition()
    workflow.define(definition)
    try:
        yield
    finally:
        workflow.define(before)


def _wait(condition: Any, what: str) -> None:  # noqa: ANN401  a function
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {PATIENCE:.0f} s in vain for {what}")
        time.sleep(_POLL)
