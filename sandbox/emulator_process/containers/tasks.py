"""Replacements for RunTask and StopTask, and for the registration of task definitions."""

import contextvars
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPException
from types import ModuleType
from typing import Any, Final

from sandbox.emulator_process.containers.rejection import RejectedError
from sandbox.emulator_process.containers.run_requests import Account, container_specs, validate_run
from sandbox.emulator_process.containers.sidecar import TaskRunnerClient
from sandbox.emulator_process.containers.task_definitions import validate_definition
from sandbox.emulator_process.emulated.replies import Answer, Json

_BAD_REQUEST: Final = 400
_LATER: Final = ("pullStartedAt", "pullStoppedAt", "startedAt")
"""Times that MiniStack sets at once."""


class Tasks:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(
        self, names: dict[str, Any], original: Mapping[str, Callable[..., Any]], services: Mapping[str, ModuleType]
    ) -> None:
        self._names = names
        self._original = original
        self._services = services
        self._sidecar = TaskRunnerClient()
        self._tokens: dict[tuple[str, str], tuple[str, list[str]]] = {}
        self._starting = threading.Lock()
        self._changed = threading.Condition()

    def register_task_definition(self, data: Json) -> Answer:
        """Registers a definition that AWS accepts."""
        try:
            validate_definition(data)
        except RejectedError as error:
            return self._rejection(error)
        answer: Answer = self._original["_register_task_definition"](data)
        return answer

    def run_task(self, data: Json) -> Answer:
        """Starts tasks; returns those of an earlier call with the same clientToken."""
        try:
            definition, cluster = self._definition(data), self._cluster(data)
            validate_run(data, definition, cluster, self._account())
            with self._starting:  # of two calls with one token, the second finds the tasks of the first
                known = self._known(data, cluster)
                if known is None:
                    return self._start(data, definition, cluster)
            return self._described(cluster, known)
        except RejectedError as error:
            return self._rejection(error)

    def stop_task(self, data: Json) -> Answer:
        """Begins to stop a task, which has the status STOPPED when its containers have ended."""
        cluster = self._names["_resolve_cluster_name"](data.get("cluster", "default"))
        task = self._names["_resolve_task"](data.get("task", ""), cluster)
        if not task:
            return self._rejection(RejectedError("InvalidParameterException", "The referenced task was not found."))
        reason = data.get("reason") or "Task stopped by user"
        if task["desiredStatus"] != "STOPPED":
            task |= {"desiredStatus": "STOPPED", "stoppingAt": self._names["_iso"]()}
            self._names["_bump_task_version"](task)
            self._sidecar.stop(task["taskArn"], reason)
        answer: Answer = self._names["json_response"]({"task": self._names["_sanitize"](task)})
        return answer

    def wait_until_stopped(self, arns: Iterable[str], interrupted: Callable[[], bool]) -> list[dict[str, Any]]:
        """Returns the tasks when all have stopped, or when `interrupted` returns True; see `wake`."""
        tasks = [self._names["_tasks"][arn] for arn in arns]
        with self._changed:
            self._changed.wait_for(lambda: interrupted() or all(task["lastStatus"] == "STOPPED" for task in tasks))
        sanitized: list[dict[str, Any]] = [self._names["_sanitize"](task) for task in tasks]
        return sanitized

    def wake(self) -> None:
        """Has waits ask again whether they are interrupted."""
        with self._changed:
            self._changed.notify_all()

    def _definition(self, data: Json) -> Json:
        wanted = data.get("taskDefinition", "")
        definition = self._names["_task_defs"].get(self._names["_resolve_td_key"](wanted))
        if not definition:
            raise RejectedError("ClientException", f"Unable to find task definition: {wanted}")
        return definition

    def _cluster(self, data: Json) -> Json:
        cluster = self._names["_clusters"].get(self._names["_resolve_cluster_name"](data.get("cluster", "default")))
        if not cluster:
            raise RejectedError("ClusterNotFoundException", "Cluster not found.")
        return cluster

    def _account(self) -> Account:
        ec2, iam = vars(self._services["ec2"]), vars(self._services["iam"])
        return Account(self._names["_clusters"], ec2["_subnets"], ec2["_security_groups"], iam["_roles"])

    def _known(self, data: Json, cluster: Json) -> list[str] | None:
        """The tasks of an earlier call with the token. Raises RejectedError for another call with it."""
        token = data.get("clientToken")
        if not token:
            return None
        asked, arns = self._tokens.get((cluster["clusterArn"], token), ("", []))
        if arns and asked != _identity(data):
            raise RejectedError(
                "ConflictException", f"The clientToken {token} was used for a call with other parameters."
            )
        return arns or None

    def _start(self, data: Json, definition: Json, cluster: Json) -> Answer:
        answer: Answer = self._original["_run_task"](data)
        if answer[0] >= _BAD_REQUEST:
            return answer
        arns = [task["taskArn"] for task in json.loads(answer[2])["tasks"]]
        if token := data.get("clientToken"):
            self._tokens[cluster["clusterArn"], token] = (_identity(data), arns)
        for arn in arns:
            task = self._names["_tasks"][arn]
            task |= {"lastStatus": "PROVISIONING", **dict.fromkeys(_LATER), "containerInstanceArn": None}
            for container in task["containers"]:
                container |= {"lastStatus": "PENDING", "runtimeId": None}
        described = self._described(cluster, arns)
        for arn in arns:
            given = (self._names["_tasks"][arn], definition, data.get("overrides") or {})
            run = contextvars.copy_context().run
            threading.Thread(target=run, args=(self._run, *given), name=f"task-{arn[-8:]}", daemon=True).start()
        return described

    def _described(self, cluster: Json, arns: list[str]) -> Answer:
        tasks = [self._names["_sanitize"](self._names["_tasks"][arn]) for arn in arns]
        answer: Answer = self._names["json_response"]({"tasks": tasks, "failures": []})
        self._names["_recount_cluster"](cluster["clusterName"])
        return answer

    def _run(self, task: dict[str, Any], definition: Json, overrides: Json) -> None:
        """Runs the task to its end, in a thread of its own."""
        arn = task["taskArn"]
        try:
            containers = container_specs(definition, overrides, arn.rsplit("/", 1)[-1], self._secrets, self._has_group)
        except RejectedError as error:
            self._finish(task, {"code": "TaskFailedToStart", "reason": error.message, "containers": []})
            return
        last: dict[str, Any] = {"code": "TaskFailedToStart", "reason": "the sandbox's task runner has ended"}
        try:
            for state in self._sidecar.run({"arn": arn, "family": definition["family"], "containers": containers}):
                last = state
                self._update(task, state["status"])
        except (OSError, HTTPException, ValueError):
            last = {"code": "TaskFailedToStart", "reason": "the sandbox's task runner has ended"}
        self._finish(task, last)

    def _update(self, task: dict[str, Any], status: str) -> None:
        if status == "STOPPED":
            return
        if status == "RUNNING":
            now = self._names["_iso"]()
            task |= dict.fromkeys(_LATER, now)
            for container in task["containers"]:
                container["lastStatus"] = "RUNNING"
        task["lastStatus"] = status
        self._names["_bump_task_version"](task)
        self._recount(task)

    def _finish(self, task: dict[str, Any], end: Mapping[str, Any]) -> None:
        ends = {container["name"]: container for container in end.get("containers", [])}
        now = self._names["_iso"]()
        for container in task["containers"]:
            ended = ends.get(container["name"], {})
            container |= {"lastStatus": "STOPPED", "exitCode": ended.get("exitCode")}
            if ended.get("reason"):
                container["reason"] = ended["reason"]
        task |= {"desiredStatus": "STOPPED", "stoppingAt": task.get("stoppingAt") or now, "stoppedAt": now}
        task |= {"executionStoppedAt": now, "stopCode": end.get("code", ""), "stoppedReason": end.get("reason", "")}
        self._names["_bump_task_version"](task)
        with self._changed:
            task["lastStatus"] = "STOPPED"
            self._changed.notify_all()
        self._recount(task)

    def _recount(self, task: Mapping[str, Any]) -> None:
        self._names["_recount_cluster"](task["clusterArn"].rsplit("/", 1)[-1])

    def _secrets(self, container: Json) -> Mapping[str, str]:
        try:
            resolved: Mapping[str, str] = self._names["_resolve_container_secrets"](container)
        except self._names["_SecretResolutionError"] as error:
            message = f"ResourceInitializationError: unable to pull secrets or registry auth: {error}"
            raise RejectedError("ResourceInitializationError", message) from error
        return resolved

    def _has_group(self, name: str) -> bool:
        return name in vars(self._services["cloudwatch_logs"])["_log_groups"]

    def _rejection(self, error: RejectedError) -> Answer:
        rejection: Answer = self._names["error_response_json"](error.code, error.message, _BAD_REQUEST)
        return rejection


def _identity(data: Json) -> str:
    """What two calls with one clientToken must have in common."""
    return json.dumps({key: value for key, value in data.items() if key != "clientToken"}, sort_keys=True)
