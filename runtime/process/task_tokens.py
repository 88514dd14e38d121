"""Callbacks to a state of Step Functions that waits for its task's token."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runtime.process.aws_clients import minimal_client
from runtime.process.logs import log

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_MAX_ERROR_LENGTH = 256
_MAX_CAUSE_LENGTH = 32_768
_OVER = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})
"""The state has ended: nothing waits for the callback."""


class TaskTokens:
    """Notifies waiting states. The client is created at the first callback: few invocations send one."""

    def __init__(self, client: "SFNClient | None" = None) -> None:
        self._client = client

    def beat(self, token: str) -> bool:
        """Send the state a heartbeat; False where it has ended."""
        try:
            self._sfn().send_task_heartbeat(taskToken=token)
        except ClientError as error:
            _settle(error)
            return False
        return True

    def succeed(self, token: str, output: Mapping[str, Any]) -> None:
        """End the state with this output."""
        try:
            self._sfn().send_task_success(taskToken=token, output=json.dumps(output))
        except ClientError as error:
            _settle(error)

    def fail(self, token: str, error: Exception) -> None:
        """End the state with an error of the exception's name, which the state machine may catch or retry."""
        name, cause = type(error).__name__[:_MAX_ERROR_LENGTH], str(error)[:_MAX_CAUSE_LENGTH]
        try:
            self._sfn().send_task_failure(taskToken=token, error=name, cause=cause)
        except ClientError as rejection:
            _settle(rejection)

    def _sfn(self) -> "SFNClient":
        if self._client is None:
            self._client = minimal_client("stepfunctions", attempts=3, read_timeout=5)
        return self._client


def _settle(error: ClientError) -> None:
    name = error.response["Error"]["Code"]
    if name not in _OVER:
        raise error
    log("task_token.over", level="WARNING", reason=name)
