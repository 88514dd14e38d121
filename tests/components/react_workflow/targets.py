"""What a test's state machine calls."""

from components.react_workflow.definition import Targets
from components.react_workflow.limits import Limits
from components.react_workflow.tools import TaskTarget

FUNCTIONS = (
    "parse_initial_query",
    "invoke_llm",
    "dispatch_tool",
    "data_query",
    "send_prompt",
    "append_tool_output",
    "handle_finish",
    "handle_error",
    "handle_timeout",
)
LIMITS = Limits(model=300, heartbeat=300, question=86_400, workflow=604_800)


def container(name: str = "eda", *, spot: bool = False) -> TaskTarget:
    return TaskTarget(
        cluster="tools",
        task_definition=name,
        container="tool",
        subnets=("subnet-own",),
        security_groups=("sg-own",),
        assign_public_ip=True,
        spot=spot,
        seconds=600,
    )


def targets(partition: str = "aws", *, spot: bool = False) -> Targets:
    functions = {name: name.replace("_", "-") for name in FUNCTIONS}
    return Targets(**functions, eda=container(spot=spot), causal_analysis=container("causal"), partition=partition)
