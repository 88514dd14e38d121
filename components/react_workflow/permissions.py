"""What the state machine, the functions and the containers of a workflow may do: pure statements."""

from collections.abc import Mapping, Sequence
from typing import Any

from components.arn import ArnParts
from components.iam import Statement, allow
from components.state_machine.permissions import invoke_functions, write_history

Task = Mapping[str, Any]
"""A ToolTaskRef whose outputs are known."""


def machine_arn(table_arn: str, name: str) -> str:
    """The state machine's ARN, known before it exists: it is in the place of the journal."""
    return ArnParts.parse(table_arn).arn("states", f"stateMachine:{name}")


def function_arn(table_arn: str, name: str) -> str:
    """The ARN of a function in the place of the journal."""
    return ArnParts.parse(table_arn).arn("lambda", f"function:{name}")


def run_state_machine(function_arns: Sequence[str], tasks: Sequence[Task]) -> list[Statement]:
    """The state machine invokes its functions, runs its containers, and writes its traces and logs."""
    return [invoke_functions(function_arns), *run_tasks(tasks), *write_history()]


def run_tasks(tasks: Sequence[Task]) -> list[Statement]:
    """Runs each task definition, in its newest revision, on its own cluster, with the roles that it names."""
    definitions = [f"{arn}:*" for arn in _all(tasks, "task_definition_arn")]
    clusters = _all(tasks, "cluster_arn")
    running = [f"{arn.replace(':cluster/', ':task/')}/*" for arn in clusters]
    roles = sorted({*_all(tasks, "execution_role_arn"), *_all(tasks, "role_arn")})
    return [
        allow("RunTasks", ["ecs:RunTask"], definitions, {"ArnEquals": {"ecs:cluster": _one_or_all(clusters)}}),
        # A task that gets the tags of its definition is tagged by whoever runs it.
        allow("TagTasks", ["ecs:TagResource"], running, {"StringEquals": {"ecs:CreateAction": "RunTask"}}),
        allow("PassTaskRoles", ["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": _ECS}}),
    ]


_ECS = "ecs-tasks.amazonaws.com"


def answer_questions(state_machine_arn: str) -> Statement:
    """Answers questions, and fails the open tokens of a run that is cancelled."""
    return allow("AnswerQuestions", ["states:SendTaskFailure", "states:SendTaskSuccess"], [state_machine_arn])


def _all(tasks: Sequence[Task], key: str) -> list[str]:
    return sorted({task[key] for task in tasks})


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
