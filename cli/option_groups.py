"""Option groups: a command's parameter whose type is a dataclass stands for one option per field of it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, TypeVar

Result = TypeVar("Result")


def expand_option_groups(command: Callable[..., Result]) -> Callable[..., Result]:
    """The command with the fields of each option group as its own parameters, for Typer to read.

    A field has its `typer.Option` in its annotation and its default; the group is a keyword-only parameter. The fields
    take the group's place, so the order of the options is that of the signature.
    """
    signature = inspect.signature(command)
    groups: dict[str, Any] = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if is_dataclass(parameter.annotation)
    }
    if not groups:
        return command

    @wraps(command)
    def expanded(**given: Any) -> Result:  # noqa: ANN401  Typer passes values of any type
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return command(**given)

    parameters = list(_expand(signature.parameters.values(), groups))
    vars(expanded)["__signature__"] = signature.replace(parameters=parameters)
    return expanded


def _expand(parameters: Iterable[inspect.Parameter], groups: Mapping[str, Any]) -> Iterator[inspect.Parameter]:
    for parameter in parameters:
        if parameter.name not in groups:
            yield parameter
            continue
        for field in fields(groups[parameter.name]):
            yield inspect.Parameter(field.name, parameter.kind, default=field.default, annotation=field.type)
