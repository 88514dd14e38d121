import re

import pytest

from runtime.environment import MissingVariableError
from runtime.http.streaming.environment import StreamingEnvironment

VARIABLES = {
    "LONGRUN_TABLE": "journal",
    "LONGRUN_PAYLOAD_BUCKET": "payload",
    "LONGRUN_RETENTION_DAYS": "30",
    "LONGRUN_AGENTS": "data_analyst,explorer",
    "LONGRUN_MODEL_PROVIDER": "bedrock",
    "LONGRUN_MODEL_ID": "m",
    "LONGRUN_MODEL_REGION": "us-east-1",
    "LONGRUN_DEADLINE_MARGIN": "30",
    "LONGRUN_QUESTION_TIMEOUT": "86400",
    "LONGRUN_QUESTION_TIMERS": '{"group": "timers", "role": "arn:role"}',
    "LONGRUN_RUN_TIMEOUT": "900",
    "LONGRUN_RESPONSE_SECONDS": "60",
    "AWS_LAMBDA_FUNCTION_NAME": "streaming",
}


def test_a_function_executes_the_runs_that_it_starts() -> None:
    read = StreamingEnvironment.read(VARIABLES)

    assert (read.worker_function, read.run_timeout, read.response_seconds) == ("streaming", 900, 60.0)
    assert (read.worker.callback_url, read.allowed_origins) == ("", ())
    assert read.worker.agents.agents == ("data_analyst", "explorer")


def test_another_function_may_execute_them() -> None:
    variables = {name: value for name, value in VARIABLES.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}

    assert StreamingEnvironment.read(variables | {"LONGRUN_WORKER_FUNCTION": "worker"}).worker_function == "worker"


def test_origins_are_a_list() -> None:
    variables = VARIABLES | {"LONGRUN_ALLOWED_ORIGINS": "https://a.example.com, https://b.example.com"}

    assert StreamingEnvironment.read(variables).allowed_origins == ("https://a.example.com", "https://b.example.com")


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_that_is_missing_raises_and_is_named(name: str) -> None:
    given = {key: value for key, value in VARIABLES.items() if key != name}
    named = "AWS_REGION" if name == "LONGRUN_MODEL_REGION" else name

    with pytest.raises(MissingVariableError, match=re.escape(f"environment variable {named} is not set")):
        StreamingEnvironment.read(given)
