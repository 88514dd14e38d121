"""Puts the replacements in."""

from types import ModuleType

from sandbox.emulator_process.step_functions.executions import Executions
from sandbox.emulator_process.step_functions.module import REPLACED, refuse_unknown
from sandbox.emulator_process.step_functions.tasks import Tasks


def keep(module: ModuleType) -> None:
    """Gives MiniStack's `services.stepfunctions` what it lacks. Raises ValueError for one that is not known."""
    refuse_unknown(module)
    names = vars(module)
    original = {name: names[name] for name in REPLACED}
    parts = (Executions(names, original), Tasks(names, original))
    for name in REPLACED:
        names[name] = next(getattr(part, name[1:]) for part in parts if hasattr(part, name[1:]))
