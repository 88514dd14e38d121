"""Tasks on an emulator: a cluster, an image that is a folder, task definitions, and a wait for their end."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from contract.sandbox_access import HEADER
from tests.sandbox.clients import client, keys_of
from tests.sandbox.harness import wait_until

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tools@sha256:" + "a" * 64
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}


class Stage:
    """The clients of one emulator, a cluster and a role; `folder` is that of the image."""

    def __init__(self, endpoint: str, sidecar_url: str, folder: Path) -> None:
        self.endpoint = endpoint
        self.sidecar_url = sidecar_url
        self.folder = folder
        self.ecs = client(endpoint, "ecs")
        self.logs = client(endpoint, "logs")
        self.cluster = f"cluster-{uuid4().hex[:8]}"
        self.ecs.create_cluster(clusterName=self.cluster, capacityProviders=["FARGATE", "FARGATE_SPOT"])
        iam = client(endpoint, "iam")
        name = f"role-{uuid4().hex[:8]}"
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self.role = made["Role"]["Arn"]
        self.group = f"/tasks/{uuid4().hex[:8]}"
        self.logs.create_log_group(logGroupName=self.group)
        self.subnet = client(endpoint, "ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        folder.mkdir()
        self.post("/_longrun/images", {"image": IMAGE, "folder": str(folder)}).raise_for_status()

    def post(self, path: str, body: object) -> httpx.Response:
        url = f"{self.sidecar_url}{path}"
        return httpx.post(url, json=body, headers={HEADER: keys_of(url).secret}, trust_env=False)

    def definition(self, script: str, container: Mapping[str, Any] | None = None, **settings: object) -> dict[str, Any]:
        """What to register for a container that runs the script with the image's Python."""
        made = {
            "name": "tool",
            "image": IMAGE,
            "command": ["python", "-c", script],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.group,
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "run",
                },
            },
            **(container or {}),
        }
        return {
            "family": f"family-{uuid4().hex[:8]}",
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": self.role,
            "taskRoleArn": self.role,
            "containerDefinitions": [made],
            **settings,
        }

    def register(self, script: str, container: Mapping[str, Any] | None = None) -> str:
        """The definition's ARN."""
        made = self.ecs.register_task_definition(**self.definition(script, container))
        return str(made["taskDefinition"]["taskDefinitionArn"])

    @property
    def network(self) -> dict[str, Any]:
        return {"awsvpcConfiguration": {"subnets": [self.subnet], "assignPublicIp": "ENABLED"}}

    def run(self, definition: str, **arguments: Any) -> list[str]:  # noqa: ANN401  as boto3 has them
        """The ARNs of the started tasks."""
        given = {"launchType": "FARGATE", "networkConfiguration": self.network, "cluster": self.cluster, **arguments}
        return [task["taskArn"] for task in self.ecs.run_task(taskDefinition=definition, **given)["tasks"]]

    def described(self, arns: Sequence[str]) -> list[dict[str, Any]]:
        return list(self.ecs.describe_tasks(cluster=self.cluster, tasks=list(arns))["tasks"])

    def end_of(self, arns: Sequence[str]) -> list[dict[str, Any]]:
        """The tasks once all have stopped."""

        def stopped() -> bool:
            return all(task["lastStatus"] == "STOPPED" for task in self.described(arns))

        wait_until(stopped, "the end of the tasks")
        return self.described(arns)

    def ended(self, script: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401  as boto3 has them
        """The one task that runs the script, once it has stopped."""
        return self.end_of(self.run(self.register(script), **arguments))[0]

    def wait_for(self, file: str) -> None:
        """Waits until a task has written a file to the image's folder."""
        wait_until((self.folder / file).exists, f"the file {file}")

    def lines(self, task: Mapping[str, Any]) -> list[str]:
        """What the task has printed, from its log stream."""
        stream = f"run/tool/{task['taskArn'].rsplit('/', 1)[-1]}"
        found = self.logs.get_log_events(logGroupName=self.group, logStreamName=stream, startFromHead=True)
        return [event["message"] for event in found["events"]]


def variables(**values: str) -> dict[str, Any]:
    """Overrides with environment variables."""
    entries = [{"name": name, "value": value} for name, value in values.items()]
    return {"containerOverrides": [{"name": "tool", "environment": entries}]}
