"""The timers of questions: one-time schedules of EventBridge Scheduler, which cost nothing while they wait."""

import json
import math
from datetime import UTC, datetime
from typing import Any, Final

from contract.questions import Question
from runtime.process.aws_clients import minimal_client

_RETRIES: Final = {"MaximumEventAgeInSeconds": 3_600, "MaximumRetryAttempts": 10}


class QuestionTimers:
    """Sets timers that invoke this worker with a question's id; each deletes itself. `function_arn` is the worker's
    own, known from its first invocation on. Calls block; the client is made at the first question."""

    def __init__(self, group: str, role_arn: str, client: Any = None) -> None:  # noqa: ANN401  see minimal_client
        """`group` is the name of the schedules' group, the role is the one with which they invoke."""
        self._group = group
        self._role_arn = role_arn
        self._client = client
        self.function_arn = ""

    def set(self, run_id: str, question: Question) -> None:
        """Have the worker invoked when the question has expired. A timer that is set already stays. Raises botocore's
        errors."""
        if self._client is None:
            self._client = minimal_client("scheduler", attempts=3, connect_timeout=2, read_timeout=5)
        moment = datetime.fromtimestamp(math.ceil(question.expires_at) + 1, UTC)
        payload = {"run_id": run_id, "question_id": question.question_id}
        try:
            self._client.create_schedule(
                Name=f"{run_id}-{question.question_id}",
                GroupName=self._group,
                ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.function_arn,
                    "RoleArn": self._role_arn,
                    "Input": json.dumps(payload),
                    "RetryPolicy": _RETRIES,
                },
            )
        except self._client.exceptions.ConflictException:
            return
