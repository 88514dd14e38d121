"""State machines on an emulator: made from a few states, run, and watched until they end."""

import json
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.sandbox.clients import client
from tests.sandbox.harness import wait_until

ROLE = "arn:aws:iam::000000000000:role/machine"

State = dict[str, Any]


class Machines:
    """Each machine and queue is new, so tests share an emulator without meeting."""

    def __init__(self, endpoint: str) -> None:
        self.sfn = client(endpoint, "stepfunctions")
        self.sqs = client(endpoint, "sqs")
        self.events = client(endpoint, "events")

    def make(self, states: Mapping[str, State], **settings: object) -> str:
        """The machine's ARN; it starts at the first of the states and speaks JSONata."""
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **settings}
        name = f"machine-{uuid4().hex}"
        made = self.sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return str(made["stateMachineArn"])

    def start(self, machine: str, given: object = None, name: str | None = None) -> str:
        """The execution's ARN."""
        started = self.sfn.start_execution(
            stateMachineArn=machine, input=json.dumps(given), name=name or f"execution-{uuid4().hex}"
        )
        return str(started["executionArn"])

    def run(self, states: Mapping[str, State], given: object = None, **settings: object) -> dict[str, Any]:
        """The result of DescribeExecution once it has ended."""
        return self.end_of(self.start(self.make(states, **settings), given))

    def end_of(self, execution: str) -> dict[str, Any]:
        wait_until(lambda: self.described(execution)["status"] != "RUNNING", "the end of the execution")
        return self.described(execution)

    def described(self, execution: str) -> dict[str, Any]:
        return dict(self.sfn.describe_execution(executionArn=execution))

    def history(self, execution: str) -> list[str]:
        """The types of its events."""
        events = self.sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return [event["type"] for event in events]

    def queue(self) -> str:
        """A new queue's URL."""
        return str(self.sqs.create_queue(QueueName=f"queue-{uuid4().hex}")["QueueUrl"])

    def received(self, queue: str) -> str:
        """The body of the next message."""
        found = self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
        return str(found["Body"])

    def watch(self, machine: str, status: str) -> str:
        """URL of a queue that gets the bus's event when an execution of the machine has that status."""
        queue, rule = self.queue(), f"rule-{uuid4().hex}"
        pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine], "status": [status]}}
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        found = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        self.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": found["Attributes"]["QueueArn"]}])
        return queue

    def token_task(self, queue: str, **settings: object) -> State:
        """A task that sends its token to the queue and waits."""
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Arguments": {"QueueUrl": queue, "MessageBody": "{% $states.context.Task.Token %}"},
            "TimeoutSeconds": 60,
            "End": True,
            **settings,
        }


def seconds_of(described: Mapping[str, Any]) -> float:
    """How long an execution has taken."""
    taken: float = (described["stopDate"] - described["startDate"]).total_seconds()
    return taken


def sleep_until(moment: float) -> None:
    """For a beat that must come at its time, not when something has happened."""
    time.sleep(max(moment - time.monotonic(), 0))
