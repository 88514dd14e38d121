from typing import Any

import pytest

from tools.analysis.arguments import Arguments, EstimateArguments, parse_arguments
from tools.analysis.errors import AnalysisError

GIVEN = {"table": "nsw", "treatment": "treat", "outcome": "re78"}


def test_what_is_left_out_or_null_has_its_default() -> None:
    arguments = parse_arguments("t", EstimateArguments, {**GIVEN, "covariates": None})

    assert (arguments.comparison, arguments.covariates) == ("", ())
    assert parse_arguments("t", EstimateArguments, {**GIVEN, "covariates": ["age"]}).covariates == ("age",)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"table": "nsw", "outcome": "re78"}, "t: treatment: field required; the arguments of t are table, treatment"),
        ({**GIVEN, "table": 5}, "t: table: input should be a valid string"),
        ({**GIVEN, "covariates": "age"}, "t: covariates: input should be a valid list"),
        ({**GIVEN, "covariates": ["age", 1]}, r"t: covariates\.1: input should be a valid string"),
        ({**GIVEN, "outcomes": "x"}, "t: outcomes: extra inputs are not permitted"),
    ],
)
def test_a_wrong_argument_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        parse_arguments("t", EstimateArguments, given)


def test_a_tool_without_arguments_says_so() -> None:
    with pytest.raises(AnalysisError, match="the arguments of t are none"):
        parse_arguments("t", Arguments, {"x": 1})


def test_the_schema_is_what_a_model_needs_and_no_more() -> None:
    schema = EstimateArguments.model_json_schema()

    assert (schema["type"], schema["required"]) == ("object", ["table", "treatment", "outcome"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["covariates"]["items"] == {"type": "string"}
    assert all(described["description"] for described in schema["properties"].values())
    assert "title" not in str(schema)
