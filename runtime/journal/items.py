"""The layout of the journal table: the key of every item, and when an item expires. No other module uses these
names."""

from typing import Any, TypedDict

PARTITION_KEY = "pk"
SORT_KEY = "sk"
EXPIRY = "expires_at"
HEAD = "HEAD"
EVENTS = "EVENT#"
RUNS = "RUN#"
QUESTIONS = "QUESTION#"
JOBS = "JOB#"
PENDING = "PENDING#"
AGENTS = "AGENT#"
WORKSPACES = "WORKSPACES"
"""The partition that lists all workspaces with their agents, which no index does."""

DAY_SECONDS = 86_400
CONNECTION_SECONDS = 3 * 3_600
"""A connection's item outlives the connection, which API Gateway ends after two hours."""

Item = dict[str, Any]
"""An item as Python values, keys included; table.py converts them to the wire's types."""


class Key(TypedDict):
    """The primary key of an item."""

    pk: str
    sk: str


def head_key(run_id: str) -> Key:
    return {"pk": f"{RUNS}{run_id}", "sk": HEAD}


def event_key(run_id: str, seq: int) -> Key:
    return {"pk": f"{RUNS}{run_id}", "sk": f"{EVENTS}{seq:010d}"}


def session_key(session_id: str) -> Key:
    return {"pk": f"SESSION#{session_id}", "sk": HEAD}


def session_run_key(session_id: str, run_id: str) -> Key:
    return {"pk": f"SESSION#{session_id}", "sk": f"{RUNS}{run_id}"}


def owner_run_key(owner: str, created_at: str, run_id: str) -> Key:
    """Sorted by time: ids that callers chose need not be."""
    return {"pk": f"OWNER#{owner}", "sk": f"{RUNS}{created_at}#{run_id}"}


def question_key(run_id: str, question_id: str) -> Key:
    return {"pk": f"{RUNS}{run_id}", "sk": f"{QUESTIONS}{question_id}"}


def job_key(run_id: str, job_id: str) -> Key:
    return {"pk": f"{RUNS}{run_id}", "sk": f"{JOBS}{job_id}"}


def pending_key(session_id: str, created_at: str, run_id: str) -> Key:
    """Sorted by time."""
    return {"pk": f"SESSION#{session_id}", "sk": f"{PENDING}{created_at}#{run_id}"}


def connection_key(connection_id: str) -> Key:
    return {"pk": f"CONNECTION#{connection_id}", "sk": HEAD}


def token_connection_key(owner: str, connection_id: str) -> Key:
    return {"pk": f"TOKENS#{owner}", "sk": f"CONNECTION#{connection_id}"}


def revoked_token_key(owner: str, token_id: str) -> Key:
    return {"pk": f"TOKENS#{owner}", "sk": f"REVOKED#{token_id}"}


def revoked_before_key(owner: str) -> Key:
    """All tokens of the owner that were issued until some time."""
    return {"pk": f"TOKENS#{owner}", "sk": "REVOKED_BEFORE"}


def workspace_key(workspace_id: str, agent: str) -> Key:
    return {"pk": f"WORKSPACE#{workspace_id}", "sk": f"{AGENTS}{agent}"}


def workspace_entry_key(workspace_id: str, agent: str) -> Key:
    """The agent of a workspace in the list of all."""
    return {"pk": WORKSPACES, "sk": f"{workspace_id}#{agent}"}
