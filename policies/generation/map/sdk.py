"""What pulumi_aws takes: every resource type with its inputs, read from the installed SDK's own classes.

Development time only: it imports the whole SDK.
"""

import importlib
import pkgutil
import typing
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from importlib.metadata import version
from inspect import Parameter, isclass, signature
from types import ModuleType, NoneType
from typing import Any, Final

import pulumi
import pulumi_aws
from pulumi._types import (
    input_type_py_to_pulumi_names,
    input_type_types,
    is_input_type,
    unwrap_optional_type,
    unwrap_type,
)

SCALARS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Slot:
    """An input: `leaf` is string, integer, number, boolean, asset or any, or the name of a shape; `container` is what
    stands around it: list, map or nothing; `required` where the SDK does not do without."""

    leaf: str
    container: str = ""
    required: bool = False

    @property
    def kind(self) -> tuple[str, str]:
        return self.leaf, self.container


Shape = Mapping[str, Slot]
"""The inputs of an argument class by their wire names (camelCase)."""


@dataclass(frozen=True, slots=True)
class Sdk:
    """`resources` maps a type token to the name of its shape."""

    version: str
    resources: Mapping[str, str]
    shapes: Mapping[str, Shape]


def read_sdk(services: Collection[str] = ()) -> Sdk:
    """Every resource type of the installed SDK, in about ten seconds, or those of some of its modules."""
    shapes: dict[str, Shape] = {}
    resources: dict[str, str] = {}
    for module in _modules(services):
        for resource in _resources(module):
            # Init where a nested argument class has the name already.
            names = (f"{resource.__name__}InitArgs", f"{resource.__name__}Args")
            arguments = next((vars(module)[name] for name in names if name in vars(module)), None)
            if arguments is None:
                continue
            resources[str(getattr(resource, "pulumi_type"))] = _read(arguments, shapes)  # noqa: B009  no such stub
    return Sdk(version("pulumi-aws"), dict(sorted(resources.items())), shapes)


def _modules(services: Collection[str]) -> Iterator[ModuleType]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in pkgutil.walk_packages(pulumi_aws.__path__, f"{pulumi_aws.__name__}."):
            if found.ispkg or found.name.count(".") != len(("service", "module")):
                continue
            _, service, module = found.name.split(".")
            if service != "config" and service in (services or {service}) and not module.startswith(("_", "get_")):
                yield importlib.import_module(found.name)


def _resources(module: ModuleType) -> Iterator[type[pulumi.CustomResource]]:
    for member in vars(module).values():
        if isclass(member) and issubclass(member, pulumi.CustomResource) and member.__module__ == module.__name__:
            yield member


def _read(arguments: type, shapes: dict[str, Shape]) -> str:
    """Adds the shape of an argument class and all below it; its name."""
    name = f"{arguments.__module__}.{arguments.__name__}"
    if name not in shapes:
        shapes[name] = {}  # a class may contain itself
        required = _required(arguments)
        shapes[name] = {
            wire: replace(_slot(_bare(given), shapes), required=wire in required)
            for wire, given in sorted(input_type_types(arguments).items())
        }
    return name


def _required(arguments: type) -> set[str]:
    """The wire names of what the constructor has no default for."""
    wires = input_type_py_to_pulumi_names(arguments)
    parameters = list(signature(arguments).parameters.values())
    return {wires[parameter.name] for parameter in parameters if parameter.default is Parameter.empty}


def _slot(given: object, shapes: dict[str, Shape]) -> Slot:
    origin = typing.get_origin(given)
    members = typing.get_args(given)
    if origin is not None and isclass(origin) and issubclass(origin, Mapping):
        return Slot(_leaf(_bare(members[1]), shapes), "map")
    if origin is not None and isclass(origin) and issubclass(origin, Sequence):
        return Slot(_leaf(_bare(members[0]), shapes), "list")
    return Slot(_leaf(given, shapes))


def _bare(given: Any) -> Any:  # noqa: ANN401  a type, or what typing makes of types
    """The type without Input and Optional; plain text where that may stand instead of an enum or a document's class."""
    given = unwrap_type(unwrap_optional_type(given))
    if typing.get_origin(given) is typing.Union:
        choices = [choice for choice in typing.get_args(given) if _is_data(choice)]
        return str if str in choices else choices[0]
    return given


def _is_data(choice: object) -> bool:
    return choice is not NoneType and getattr(typing.get_origin(choice), "__name__", "") not in {"Awaitable", "Output"}


def _leaf(given: object, shapes: dict[str, Shape]) -> str:
    if not isclass(given):
        return "any"
    if given in SCALARS:
        return SCALARS[given]
    if is_input_type(given):
        return _read(given, shapes)
    if issubclass(given, pulumi.Asset | pulumi.Archive):
        return "asset"
    if issubclass(given, Enum):
        return "string"
    return "any"
