"""Step Functions' numbers."""

from collections.abc import Mapping
from typing import Final

from policies.rules.aws_limits.source import Name, Range, Source

STATES_QUOTAS: Final = Source("https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html")
TASK_STATE: Final = Source("https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html")
ERROR_HANDLING: Final = Source("https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html")
STANDARD_AND_EXPRESS: Final = Source("https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html")
SDK_INTEGRATIONS: Final = Source("https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html")

STATE_HISTORY: Final = Range(1, 25_000, "history events", STATES_QUOTAS)
"""Of one execution of Standard type, which fails beyond it."""

STATE_MACHINE_NAME: Final = Name(80, r"[A-Za-z0-9_-]+", STATES_QUOTAS)
DEFINITION: Final = Range(1, 1_048_576, "characters", STATES_QUOTAS)
STATE_NAME: Final = Range(1, 80, "characters", STATES_QUOTAS)
PAYLOAD: Final = Range(0, 262_144, "bytes", STATES_QUOTAS)
"""Input and output of a task, a state and an execution, in UTF-8."""

TASK_SECONDS: Final = Range(1, 99_999_999, "seconds", TASK_STATE)
WAIT_SECONDS: Final = Range(0, 99_999_999, "seconds", TASK_STATE)
EXPRESS_SECONDS: Final = Range(1, 300, "seconds", STANDARD_AND_EXPRESS)
SDK_CALL_SECONDS: Final = Range(1, 60, "seconds", SDK_INTEGRATIONS)
"""The integration ends a call through an AWS SDK after this time, whatever the task's own limit is."""

RETRY_NUMBERS: Final[Mapping[str, Range]] = {
    "MaxAttempts": Range(0, 99_999_999, "attempts", ERROR_HANDLING),
    "IntervalSeconds": Range(1, 99_999_999, "seconds", ERROR_HANDLING),
    "MaxDelaySeconds": Range(1, 31_622_400, "seconds", ERROR_HANDLING),
}

EVENTS: Final[Mapping[str, int]] = {
    "Task": 5,
    "Choice": 2,
    "Wait": 2,
    "Pass": 2,
    "Succeed": 2,
    "Fail": 1,
    "Parallel": 4,
    "Map": 4,
}
"""The least that a state which succeeds at once adds to the history of an execution: entered and exited; scheduled,
started and succeeded."""
