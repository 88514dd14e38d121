"""The ranges of the numbers of the configuration."""

from collections.abc import Mapping
from typing import Final

from components.journal_table.journal_table import RETENTION_DAYS
from components.polling_workflow.args import AGENT_TIME, HEARTBEAT, POLL, WORKFLOW_TIME
from components.question_times import QUESTION_TIME
from components.stack_config.react_settings import REACT_RANGES
from components.stack_config.stream_settings import STREAM_RANGES
from components.stack_config.traced_settings import TRACED_RANGES
from components.streaming_lambda.args import DEADLINE_MARGIN
from components.streaming_lambda.tokens import TOKEN_SECONDS
from policies.rules.aws_limits import AGENTCORE_SESSION, API_THROTTLE, Range
from policies.rules.lambda_function.functions.function import WORKER_MEMORY

RANGES: Final[Mapping[str, Range]] = {
    "agentTimeoutSeconds": AGENT_TIME,
    "workflowTimeoutSeconds": WORKFLOW_TIME,
    "heartbeatLimitSeconds": HEARTBEAT,
    "pollSeconds": POLL,
    "pollMaxSeconds": POLL,
    "sessionIdleSeconds": AGENTCORE_SESSION,
    "sessionLifetimeSeconds": AGENTCORE_SESSION,
    "workerMemory": WORKER_MEMORY,
    "deadlineMarginSeconds": DEADLINE_MARGIN,
    "questionTimeoutSeconds": QUESTION_TIME,
    "throttleRate": API_THROTTLE,
    "throttleBurst": API_THROTTLE,
    "runRetentionDays": RETENTION_DAYS,
    "tokenMaxSeconds": TOKEN_SECONDS,
    **REACT_RANGES,
    **TRACED_RANGES,
    **STREAM_RANGES,
}
"""The numbers of Pulumi.yaml, whose descriptions state the same ranges."""
