"""References as other components would give them, with known values."""

from components.iam import Statement
from components.journal_table.permissions import record_runs
from components.model_access import ModelArgs
from components.refs import CodeRef, DataRef, HostRef, JournalRef, McpRef, ToolTaskRef, WebSocketRef
from tests.components.harness import ACCOUNT, REGION, RUNTIMES

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/runs"
PAYLOADS = "arn:aws:s3:::payloads"
DATA_ARN = "arn:aws:s3:::data"

JOURNAL: JournalRef = {
    "table_name": "runs",
    "table_arn": TABLE,
    "payload_bucket": "payloads",
    "payload_bucket_arn": PAYLOADS,
    "retention_days": 7,
}
DATA: DataRef = {"bucket_name": "data", "bucket_arn": DATA_ARN}
MODEL: ModelArgs = {"provider": "bedrock", "model_id": "us.anthropic.claude-sonnet-4-6"}
TOOLS: McpRef = {"arn": f"{RUNTIMES}/tools-id", "endpoint": "live"}
WEBSOCKET: WebSocketRef = {
    "callback_url": "https://api1.example.com/live",
    "connections_arn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/live/POST/@connections/*",
    "gateway_role": "gateway-role",
    "worker_function": "worker",
}


def task(name: str, *, spot: bool = False) -> ToolTaskRef:
    """A tool as a task of ECS."""
    return {
        "cluster_arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/tools",
        "task_definition_arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}",
        "container": "tool",
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-execution",
        "role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-task",
        "role_name": f"{name}-task",
        "subnets": ["subnet-12345678"],
        "security_groups": ["sg-12345678"],
        "assign_public_ip": True,
        "spot": spot,
        "tools": [name],
        "longest_seconds": 900,
    }


def code(path: object) -> CodeRef:
    return {"path": str(path), "runtime": "python3.13", "architecture": "arm64"}


def host(name: str, *agents: str, lifetime_seconds: int = 28_800) -> HostRef:
    """A runtime that runs these agents."""
    return {
        "arn": f"{RUNTIMES}/{name}-id",
        "endpoint": "live",
        "agents": list(agents),
        "log_group": f"/aws/bedrock-agentcore/runtimes/{name}-id-live",
        "role_name": f"{name}-role",
        "lifetime_seconds": lifetime_seconds,
    }


def by_sid(statements: list[Statement]) -> dict[str, dict[str, object]]:
    """Statements as a policy's document holds them, by sid, without sid and effect."""
    return {
        statement["Sid"]: {key: value for key, value in statement.items() if key not in {"Sid", "Effect"}}
        for statement in statements
    }


RECORD_RUNS = by_sid(record_runs(TABLE, PAYLOADS))
