"""Replacements for the evaluation of JSONata: what fails on AWS and gives a value in MiniStack."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from policies.rules.step_functions.states.jsonata import FUNCTIONS, Expression, read
from sandbox.emulator_process.emulated.replies import Json
from sandbox.emulator_process.step_functions.module import Names, fail

_FAILED: Final = "States.QueryEvaluationError"
_STATES: Final = "states"

_read: Final[Callable[[str], Expression]] = lru_cache(maxsize=1024)(read)


class Expressions:
    """The replacements, with the names of the functions that they replace; `original` has MiniStack's own."""

    def __init__(self, names: Names, original: Mapping[str, Callable[..., Any]]) -> None:
        self._names = names
        self._original = original

    def evaluate_jsonata(
        self, expression: str, raw_input: Json, ctx: Json = None, result: Json = None, error_output: Json = None
    ) -> Json:
        """Fails for what Step Functions' JSONata has not, and for a variable that has no value yet."""
        found = _read(expression)
        if found.unsupported:
            fail(
                self._names,
                _FAILED,
                f"The JSONata expression '{expression}' uses {found.unsupported}, which is not supported",
            )
        # A condition may leave the variable out.
        if not found.has_condition:
            self._require_values(expression, found, (ctx or {}).get("variables", {}))
        return self._original["_evaluate_jsonata"](expression, raw_input, ctx, result, error_output)

    def evaluate_jsonata_choice_rule(self, rule: Json, raw_input: Json, ctx: Json) -> bool:
        """Fails unless the condition gives true or false. MiniStack takes any value for one of them."""
        condition = rule.get("Condition")
        value = self._names["_apply_jsonata_template"](condition, raw_input, ctx)
        if not isinstance(value, bool):
            kind = self._names["_json_type"](value)
            cause = (
                f"The JSONata expression '{condition}' specified for the field 'Condition' returned an unexpected "
                f"result type. Expected 'boolean', but was '{kind}' for value: {json.dumps(value)}"
            )
            fail(self._names, _FAILED, cause)
        return value

    def _require_values(self, expression: str, found: Expression, variables: Mapping[str, Json]) -> None:
        for name in sorted(found.read - found.bound - found.asked - FUNCTIONS - {_STATES} - variables.keys()):
            cause = f"The JSONata expression '{expression}' reads the variable ${name}, which has no value"
            fail(self._names, _FAILED, cause)
