from collections.abc import Mapping
from typing import Any

import pytest

from runtime.react.tool_inputs import input_problem

SCHEMA = {
    "type": "object",
    "properties": {"table": {"type": "string"}, "rows": {"type": "array", "items": {"type": "integer"}}},
    "required": ["table"],
}


@pytest.mark.parametrize(
    ("schema", "given"), [(SCHEMA, {"table": "nsw"}), (SCHEMA, {"table": "nsw", "rows": [1]}), ({}, {"any": 1})]
)
def test_an_input_that_fits_has_no_problem(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    assert input_problem("profile_table", schema, given) == ""


def test_the_model_is_told_what_does_not_fit_and_where() -> None:
    problem = input_problem("profile_table", SCHEMA, {"rows": [1, "x"]})

    first, *lines, last = problem.splitlines()
    assert first == "The tool profile_table was not run: its input does not fit."
    assert sorted(lines) == ["- rows.1: 'x' is not of type 'integer'", "- the input: 'table' is a required property"]
    assert last == "Correct the input and call the tool again."


def test_only_the_first_five_problems_are_told() -> None:
    problem = input_problem("profile_table", SCHEMA, {"table": "nsw", "rows": ["x"] * 40})

    assert problem.count("\n- rows.") == 5


@pytest.mark.parametrize(
    "schema", [{"type": "sentence"}, {"$ref": "https://example.com/schema.json"}], ids=["no schema", "another document"]
)
def test_a_schema_that_cannot_be_used_is_the_tools_fault_and_is_not_fetched(schema: Mapping[str, Any]) -> None:
    problem = input_problem("profile_table", schema, {"table": "nsw"})

    assert problem.startswith("The tool profile_table was not run: its own input schema cannot be used (")
