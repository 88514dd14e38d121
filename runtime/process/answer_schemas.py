"""Answers and the JSON schemas that they must fit."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from contract.limits import MAX_SCHEMA_BYTES

_SHOWN_CHARS: Final = 300

_WORDS: Final[Mapping[str, tuple[object, ...]]] = {
    "yes": (True,),
    "y": ("yes", True),
    "no": (False,),
    "n": ("no", False),
}


class AnswerError(ValueError):
    """The answer does not fit its question, or the schema is none; the message says why."""


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises AnswerError unless it is a JSON schema of at most 8 KB that needs no other document."""
    if len(json.dumps(schema).encode()) > MAX_SCHEMA_BYTES:
        raise AnswerError(f"the schema has more than {MAX_SCHEMA_BYTES} bytes")
    from jsonschema import validators  # noqa: PLC0415  30 ms, for questions with a schema only
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    try:
        validators.validator_for(schema).check_schema(dict(schema))
    except SchemaError as error:
        raise AnswerError(f"the schema is not a JSON schema: {error.message[:_SHOWN_CHARS]}") from error
    foreign = next(_foreign_references(schema), None)
    if foreign is not None:
        raise AnswerError(f"the schema refers to {foreign[:_SHOWN_CHARS]}, which it does not contain")


def fitted(schema: Mapping[str, Any] | None, answer: object) -> object:
    """The answer as the schema wants it: as it is, the JSON that its text holds, the value of an enum that it is but
    for capitals, or yes and no as booleans and the other way round. Without a schema any value fits. Raises
    AnswerError."""
    if schema is None:
        return answer
    problem = _problem(schema, answer)
    if problem is None:
        return answer
    for reading in _readings(schema, answer):
        if _problem(schema, reading) is None:
            return reading
    raise AnswerError(problem)


def _readings(schema: Mapping[str, Any], answer: object) -> Iterator[object]:
    """What a person or a client may mean by an answer that does not fit as it is."""
    if isinstance(answer, bool):
        yield "yes" if answer else "no"
    if not isinstance(answer, str):
        return
    with suppress(ValueError, RecursionError):
        yield json.loads(answer)
    word = answer.strip().casefold()
    allowed = schema.get("enum")
    for value in allowed if isinstance(allowed, list) else ():
        if isinstance(value, str) and value.strip().casefold() == word:
            yield value
    yield from _WORDS.get(word, ())


def _foreign_references(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key in {"$ref", "$dynamicRef"} and isinstance(value, str) and not value.startswith("#"):
                yield value
            yield from _foreign_references(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _foreign_references(value)


def _problem(schema: Mapping[str, Any], answer: Any) -> str | None:  # noqa: ANN401  any JSON
    from jsonschema import exceptions, validators  # noqa: PLC0415  as above
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    validator = validators.validator_for(schema)(schema, registry=_no_documents())
    try:
        found = exceptions.best_match(validator.iter_errors(answer))
    except Unresolvable as error:
        raise AnswerError(f"the schema refers to {error.ref}, which it does not contain") from error
    except RecursionError:
        raise AnswerError("the answer or the schema is too deeply nested") from None
    return None if found is None else found.message[:_SHOWN_CHARS]


def _no_documents() -> Any:  # noqa: ANN401  a Registry, whose module is imported late
    """A schema comes from a model or an agent: it must not make this process fetch an address."""
    from referencing import Registry  # noqa: PLC0415  as above

    return Registry()
