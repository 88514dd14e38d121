"""What the states of a ReactWorkflow and its functions agree on: errors that a state knows by name, and statuses."""

from collections.abc import Mapping
from typing import Final

from contract.errors import ErrorCode

TASK_TOKEN: Final = "LONGRUN_TASK_TOKEN"  # noqa: S105  the name of a variable
RUN_ID: Final = "LONGRUN_RUN_ID"
JOB: Final = "LONGRUN_JOB"
"""The variables that a state sets for the container of a tool: its token, the run and the job."""

MODEL_THROTTLED: Final = "ModelThrottled"
"""invoke-llm raises it: the model's service accepts no more requests now. The state tries again, for half a minute."""

JOURNAL_BUSY: Final = "JournalBusy"
"""Any function raises it: the journal accepts no more requests now. The state tries again, for half a minute."""

RUN_CANCELLED: Final = "RunCancelled"
"""With it, the gateway fails the open tokens of a run that is to be cancelled."""

QUESTION_EXPIRED: Final = "QuestionExpired"
"""With it, whoever meets an expired question fails its token. It leads to handle-timeout, as States.Timeout does."""

RUNNING: Final = "RUNNING"
"""The status that handle-timeout returns where every expired question had a default: the run goes on with it."""

WAITING: Final = "WAITING"
"""The status that handle-timeout returns where other questions are still open: the run waits for them."""

MAX_CALLS: Final = 10
"""Tool calls of one turn. A further call gets a tool error at once."""

ERROR_CODES: Final[Mapping[str, ErrorCode]] = {
    "ModelError": ErrorCode.MODEL_ERROR,
    MODEL_THROTTLED: ErrorCode.THROTTLED,
    "ToolSetupFailed": ErrorCode.TOOL_ERROR,
    "InvalidRun": ErrorCode.INVALID_REQUEST,
    "AgentFailed": ErrorCode.INTERNAL,
    JOURNAL_BUSY: ErrorCode.THROTTLED,
}
"""The code of a run that ends with this error of a step, whose message is fit for the run's user."""
