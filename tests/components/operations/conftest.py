"""What other components would give Operations to watch, with known values."""

import pytest

from components.operations import Operations, OperationsArgs
from components.refs import FunctionRef, MonitoringRef
from tests.components.harness import ACCOUNT, REGION, Deployment, deploy

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:agent"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"


def function(role: str, timeout: int = 30, *, runs_agents: bool = False) -> FunctionRef:
    return {
        "role": role,
        "name": f"fn-{role}",
        "log_group": f"/logs/{role}",
        "timeout": timeout,
        "runs_agents": runs_agents,
    }


STREAMING: MonitoringRef = {
    "component": "streaming",
    "functions": [function("gateway"), function("worker", 900, runs_agents=True)],
    "queues": [{"role": "failures", "name": "failed", "url": "https://sqs/failed", "is_read": True}],
}
WORKFLOW: MonitoringRef = {
    "component": "flow",
    "functions": [function("start")],
    "queues": [{"role": "undelivered", "name": "lost", "url": "https://sqs/lost", "is_read": False}],
    "state_machines": [{"role": "machine", "arn": MACHINE}],
}
JOURNAL: MonitoringRef = {"component": "journal", "tables": [{"role": "table", "name": "runs"}]}
SESSIONS: MonitoringRef = {
    "component": "analysts",
    "run_logs": [{"role": "sessions", "log_group": "/logs/sessions", "runs_agents": True}],
}
ARGS: OperationsArgs = {"monitored": [JOURNAL, STREAMING, SESSIONS, WORKFLOW], "alarm_actions": [TOPIC]}


@pytest.fixture(scope="session")
def deployed() -> Deployment:
    return deploy(lambda: Operations("operations", ARGS))
