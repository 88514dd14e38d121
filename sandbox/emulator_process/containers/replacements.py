"""Installs the replacements in MiniStack's modules."""

from importlib import import_module
from types import ModuleType
from typing import Final

from sandbox.emulator_process.containers.state_machine_tasks import StateMachineTasks
from sandbox.emulator_process.containers.tasks import Tasks
from sandbox.emulator_process.emulated.known_module import replace, require_known

_ACTIONS: Final = {
    "_register_task_definition": "RegisterTaskDefinition",
    "_run_task": "RunTask",
    "_stop_task": "StopTask",
}
_REPLACED: Final = dict.fromkeys(_ACTIONS, "(data)")
_USED: Final = (
    *("_ACTION_MAP", "_SecretResolutionError", "_bump_task_version", "_clusters", "_iso", "_recount_cluster"),
    *("_resolve_cluster_name", "_resolve_container_secrets", "_resolve_task", "_resolve_td_key", "_sanitize"),
    *("_task_defs", "_tasks", "error_response_json", "json_response"),
)
_RUN_TASK: Final = "_invoke_ecs_run_task"
_SERVICES: Final = {
    "cloudwatch_logs": ("CloudWatch Logs", "_log_groups"),
    "ec2": ("EC2", "_subnets", "_security_groups"),
    "iam": ("IAM", "_roles"),
}


def install(states: ModuleType) -> None:
    """Replaces functions of `services.ecs`, which it imports, and of `services.stepfunctions`. Raises ValueError for
    an unknown version of them."""
    ecs = import_module("ministack.services.ecs")
    require_known(ecs, "ECS", _REPLACED, _USED)
    require_known(states, "Step Functions", {_RUN_TASK: "(resource, input_data)"}, ("_SERVICE_DISPATCH",))
    services = {name: import_module(f"ministack.services.{name}") for name in _SERVICES}
    for name, (title, *used) in _SERVICES.items():
        require_known(services[name], title, {}, used)
    names = vars(ecs)
    tasks = Tasks(names, {name: names[name] for name in _REPLACED}, services)
    replace(ecs, tasks, tuple(_REPLACED))
    for function, action in _ACTIONS.items():
        names["_ACTION_MAP"][action] = names[function]
    replace(states, StateMachineTasks(states, tasks), (_RUN_TASK,))
    dispatch = vars(states)["_SERVICE_DISPATCH"]
    dispatch["arn:aws:states:::ecs:runTask"] = vars(states)[_RUN_TASK]
