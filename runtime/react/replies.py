"""What the functions reply to the state machine."""

from typing import Final

from runtime.journal import Head

RUN: Final = "RUN"
END: Final = "END"
RESUME: Final = "RESUME"
WAIT: Final = "WAIT"
TOOLS: Final = "TOOLS"
FINISH: Final = "FINISH"
CONTINUE: Final = "CONTINUE"

DONE: Final = "DONE"
DATA_QUERY: Final = "DATA_QUERY"
ROUTES: Final = {"eda": "EDA", "causal_analysis": "CAUSAL_ANALYSIS"}
"""Where a call runs, by the kind that its tool states; any other runs in data-query."""

SUCCESS: Final = "success"
ERROR: Final = "error"
QUESTION: Final = "question"

CANCELLED: Final = "cancelled"
TIMED_OUT: Final = "timed_out"
ENDED: Final = "ended"
"""Another process has ended the run."""


def ended(head: Head) -> dict[str, str]:
    """How the run has ended, for the machine's last state: `code` is the status where the end has none."""
    error = head.error or {}
    status = head.status.value
    return {
        "status": status,
        "code": str(error.get("code", status)),
        "sentence": str(error.get("error", f"The run ended as {status}.")),
    }
