"""Installs the replacements in MiniStack's module."""

from types import ModuleType

from sandbox.emulator_process.step_functions.executions import Executions
from sandbox.emulator_process.step_functions.expressions import Expressions
from sandbox.emulator_process.step_functions.module import REPLACED, REPLACED_EVENTS, validate_modules
from sandbox.emulator_process.step_functions.nested_states import NestedStates
from sandbox.emulator_process.step_functions.state_machines import StateMachines
from sandbox.emulator_process.step_functions.status_events import StatusEvents
from sandbox.emulator_process.step_functions.tasks import Tasks


def install(states: ModuleType, events: ModuleType) -> None:
    """Replaces functions of MiniStack's `services.stepfunctions` and `services.eventbridge`. Raises ValueError for an
    unknown version of them."""
    validate_modules(states, events)
    names = vars(states)
    modules = {**dict.fromkeys(REPLACED, names), **dict.fromkeys(REPLACED_EVENTS, vars(events))}
    original = {name: module[name] for name, module in modules.items()}
    parts = (
        Executions(names, original),
        Tasks(names, original),
        Expressions(names, original),
        NestedStates(names, original),
        StateMachines(names, original),
        StatusEvents(original),
    )
    for name, module in modules.items():
        module[name] = next(getattr(part, name[1:]) for part in parts if hasattr(part, name[1:]))
