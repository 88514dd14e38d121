"""Validation of a component's arguments: before any child exists, with one error that lists every problem."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NotRequired, get_args, get_origin, is_typeddict

import pulumi

from policies.rules.aws_limits import Range

NAME_LIMIT: Final = 24
"""Characters of a component's name: with the longest role and Pulumi's suffix it stays under S3's 63 and IAM's 64."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")


class ComponentInputError(pulumi.RunError, pulumi.InputPropertiesError):
    """Arguments that AWS would reject later. As a RunError it is shown without a stack trace, and as an
    InputPropertiesError a program in another language gets its message."""

    code = "INVALID_ARGUMENT"

    def __init__(self, component: str, name: str, problems: Sequence[str]) -> None:
        message = f"{component} '{name}' has invalid arguments: " + "; ".join(p.rstrip(".") for p in problems)
        super().__init__(message)
        self.message = message
        self.errors = None
        self.problems = tuple(problems)


def require_valid(component: str, name: str, problems: Sequence[str], name_limit: int = NAME_LIMIT) -> None:
    """Raises ComponentInputError for the problems found in the arguments and in the name."""
    found = [*name_problems(name, name_limit), *problems]
    if found:
        raise ComponentInputError(component, name, found)


def form_problems(args: Mapping[str, object], form: type) -> list[str]:
    """One message for each argument that is missing, unknown, or not of the form of the TypedDict `form`.

    Texts and numbers are left to the component's own checks; values that are not known yet are skipped.
    """
    return list(_dict_problems("", args, form))


def _dict_problems(place: str, given: Mapping[str, object], form: type) -> Iterator[str]:
    types = _types(form)
    required: frozenset[str] = vars(form)["__required_keys__"]
    for key in sorted(required):
        if given.get(key) is None:
            yield f"{place}{key} is missing"
    for key, value in given.items():
        if key not in types:
            yield f"{place}{key} is unknown; known: {', '.join(types)}"
        elif value is not None:
            yield from _value_problems(f"{place}{key}", value, types[key])


def _types(form: type) -> Mapping[str, Any]:
    # Not get_type_hints: pulumi.Input refers to Output[T] by name, and neither is known where it would be looked up.
    optional: object = NotRequired
    return {
        key: get_args(given)[0] if get_origin(given) == optional else given
        for key, given in form.__annotations__.items()
    }


def _value_problems(place: str, value: object, form: Any) -> Iterator[str]:  # noqa: ANN401  any type
    if is_typeddict(form):
        if isinstance(value, Mapping):
            yield from _dict_problems(f"{place}.", value, form)
        else:
            keys = ", ".join(_types(form))
            allowed = "pass its ref" if hasattr(value, "ref") else f"allowed: an object with {keys}"
            yield f"{place} is a {type(value).__name__}; {allowed}"
    elif get_origin(form) is list:
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from _value_problems(f"{place}[{index}]", item, get_args(form)[0])
        else:
            yield f"{place} is a {type(value).__name__}; allowed: a list"
    elif get_origin(form) is dict:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from _value_problems(f"{place}.{key}", item, get_args(form)[1])
        else:
            yield f"{place} is a {type(value).__name__}; allowed: an object"


def name_problems(name: str, limit: int = NAME_LIMIT) -> list[str]:
    if len(name) <= limit and _NAME.fullmatch(name):
        return []
    allowed = f"2 to {limit} lower-case letters, digits and hyphens, a letter first (bucket names start with it)"
    return [f"name is {name!r}; allowed: {allowed}"]


def choice_problems(argument: str, value: object, allowed: Sequence[str]) -> list[str]:
    """A message if the value is a known text that is not allowed."""
    if not isinstance(value, str) or value in allowed:
        return []
    return [f"{argument} is {value!r}; allowed: {', '.join(allowed)}"]


def range_problems(argument: str, value: object, allowed: Range) -> list[str]:
    """A message if the value is a known number outside the range."""
    if not isinstance(value, int | float) or allowed.allows(value):
        return []
    return [f"{argument} is {value:.12g}; allowed: {allowed}"]
