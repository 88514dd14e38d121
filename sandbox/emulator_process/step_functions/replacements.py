"""Installs the replacements in MiniStack's module."""

from types import ModuleType

from sandbox.emulator_process.step_functions.executions import Executions
from sandbox.emulator_process.step_functions.module import REPLACED, validate_module
from sandbox.emulator_process.step_functions.tasks import Tasks


def install(module: ModuleType) -> None:
    """Replaces functions of MiniStack's `services.stepfunctions`. Raises ValueError for an unknown version of it."""
    validate_module(module)
    names = vars(module)
    original = {name: names[name] for name in REPLACED}
    parts = (Executions(names, original), Tasks(names, original))
    for name in REPLACED:
        names[name] = next(getattr(part, name[1:]) for part in parts if hasattr(part, name[1:]))
