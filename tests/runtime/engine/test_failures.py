import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from strands.types.exceptions import (
    ContextWindowOverflowException,
    EventLoopException,
    MaxTokensReachedException,
    MCPClientInitializationError,
    ModelThrottledException,
)

from contract.errors import ErrorCode, RunError
from runtime.engine.failures import BrokenAgentError, CutStreamError, ToolSetupError, explain_setup, explain_stream

SECRET = "arn:aws:iam::123456789012:role/worker"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelThrottledException(SECRET), ErrorCode.THROTTLED),
        (EventLoopException(ModelThrottledException(SECRET)), ErrorCode.THROTTLED),
        (ClientError({"Error": {"Code": "ValidationException", "Message": SECRET}}, "Converse"), ErrorCode.MODEL_ERROR),
        (EndpointConnectionError(endpoint_url=SECRET), ErrorCode.MODEL_ERROR),
        (ReadTimeoutError(endpoint_url=SECRET), ErrorCode.MODEL_ERROR),
        (ContextWindowOverflowException(SECRET), ErrorCode.MODEL_ERROR),
        (MaxTokensReachedException(SECRET), ErrorCode.MODEL_ERROR),
        (CutStreamError(), ErrorCode.MODEL_ERROR),
        (KeyError(SECRET), ErrorCode.INTERNAL),
    ],
)
def test_a_failure_at_work_has_a_code_and_a_sentence_without_what_the_service_said(
    error: Exception, code: ErrorCode
) -> None:
    explained = explain_stream(error, "run-1", has_begun_message=False)

    assert explained.code is code
    assert explained.run_id == "run-1"
    assert SECRET not in explained.message
    assert ";" in explained.message, "says what to do"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDeniedException", "check the configured model and its permissions"),
        ("ServiceUnavailableException", "ask again later"),
        ("ModelTimeoutException", "ask again later"),
    ],
)
def test_the_advice_fits_what_the_model_service_answered(code: str, advice: str) -> None:
    explained = explain_stream(ClientError({"Error": {"Code": code}}, "Converse"), "run-1", has_begun_message=False)

    assert explained.message == f"the model service returned {code}; {advice}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ToolSetupError("the MCP server http://tools cannot be used; check it"), ErrorCode.TOOL_ERROR),
        (MCPClientInitializationError(SECRET), ErrorCode.TOOL_ERROR),
        (BrokenAgentError("agents/mine.py has no function create_agent(context)"), ErrorCode.INTERNAL),
        (RunError(ErrorCode.INVALID_REQUEST, "no such agent; choose another"), ErrorCode.INVALID_REQUEST),
        (ValueError(SECRET), ErrorCode.INTERNAL),
    ],
)
def test_a_failure_of_the_set_up_has_a_code_of_its_own(error: Exception, code: ErrorCode) -> None:
    explained = explain_setup(error, "run-1")

    assert explained.code is code
    assert SECRET not in explained.message


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "modelStreamErrorException"}}, "ConverseStream"),
        ReadTimeoutError(endpoint_url=SECRET),
        CutStreamError(),
    ],
)
def test_a_model_that_fails_while_it_speaks_has_broken_off(error: Exception) -> None:
    explained = explain_stream(error, "run-1", has_begun_message=True)

    assert explained.code is ErrorCode.MODEL_ERROR
    assert explained.message == "the model's answer broke off; the text so far is kept, ask again for the rest"
