"""Checks a call's input against the tool's JSON schema, in words that a model can act on."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

_MOST: Final = 5
_SHOWN_CHARS: Final = 300


def input_problem(name: str, schema: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Why the tool cannot be called with this input, for the model; empty where it can."""
    if not schema:
        return ""
    from jsonschema import validators  # noqa: PLC0415  30 ms of a cold start
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
        # the registry is empty: a schema must not make this process fetch an address
        errors = list(kind(schema, registry=Registry()).iter_errors(given))
    except (SchemaError, Unresolvable, RecursionError) as error:
        return f"The tool {name} was not run: its own input schema cannot be used ({type(error).__name__})."
    if not errors:
        return ""
    lines = "\n".join(_lines(errors[:_MOST]))
    return f"The tool {name} was not run: its input does not fit.\n{lines}\nCorrect the input and call the tool again."


def _lines(errors: Iterable[Any]) -> Iterable[str]:
    for error in errors:
        place = ".".join(str(part) for part in error.absolute_path) or "the input"
        yield f"- {place}: {error.message[:_SHOWN_CHARS]}"
