"""The function that components call with a Lambda function's variables."""

import pytest

from policies.rules.aws_limits import LAMBDA_RESERVED_VARIABLES
from policies.rules.lambda_function.environment import environment_problems

RESERVED = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
]


def test_the_table_holds_the_published_names_and_no_other() -> None:
    assert set(RESERVED) == LAMBDA_RESERVED_VARIABLES


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_name_is_a_problem_that_names_it(name: str) -> None:
    (problem,) = environment_problems({name: "x", "LONGRUN_TABLE": "journal"})

    assert problem.startswith(f"environment.variables.{name} is set;")
    assert f"Lambda sets {name} itself" in problem


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_variable_comes_with_the_name_to_use_instead(name: str) -> None:
    (problem,) = environment_problems({name: "us-east-1"})

    assert "Use BEDROCK_REGION or LONGRUN_MODEL_REGION" in problem


@pytest.mark.parametrize("name", ["A", "_TABLE", "1ST", "MY-TABLE", "MY TABLE", "", "TABLE\n", "TÄBLE"])
def test_name_outside_the_pattern_is_a_problem(name: str) -> None:
    (problem,) = environment_problems({name: "x"})

    assert "names that match [a-zA-Z][a-zA-Z0-9_]+" in problem


@pytest.mark.parametrize("name", ["TZ", "LANG", "PATH", "PYTHONPATH", "AWS_LAMBDA_EXEC_WRAPPER", "aws_region", "Ab"])
def test_name_that_lambda_accepts_is_none(name: str) -> None:
    assert environment_problems({name: "x"}) == []


def test_four_kilobytes_fit_and_one_byte_more_does_not() -> None:
    fitting = {"TABLE": "x" * (4096 - len("TABLE") - len("NOTE") - 2), "NOTE": "é"}

    assert environment_problems(fitting) == []
    assert environment_problems({**fitting, "TABLE": fitting["TABLE"] + "x"}) == [
        "environment.variables is 4,097 bytes, the largest TABLE with 4,086; allowed: 4,096 bytes of names and values "
        "together. Lambda rejects a larger environment with InvalidParameterValueException. Put long values into "
        "Parameter Store, Secrets Manager or S3 and pass their names."
    ]


def test_a_value_that_is_not_known_yet_counts_for_its_name_only() -> None:
    assert environment_problems({"TABLE": object(), "NOTE": "x" * 4_000}) == []


def test_no_value_is_ever_shown() -> None:
    problems = environment_problems({"AWS_SESSION_TOKEN": "s3cr3t", "-": "s3cr3t", "LONG": "s3cr3t" * 1_000})

    assert len(problems) == 3
    assert not any("s3cr3t" in problem for problem in problems)
