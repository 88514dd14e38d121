"""What each error of a model service becomes for the user, from the libraries' own errors and from real answers."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import boto3
import httpx
import openai
import pytest
import urllib3
from botocore import exceptions
from botocore.exceptions import ClientError, EventStreamError
from strands.types.exceptions import ContextWindowOverflowException, ModelThrottledException

from contract.errors import ErrorCode
from runtime.engine.failures import explain_stream
from runtime.engine.model.api_key import ApiKey
from runtime.engine.model.service_failures import service_failure
from runtime.engine.models import create_model
from runtime.engine.retries import passing_failure
from runtime.environment import ModelEnvironment
from runtime.process import secrets as secret_values
from tests.runtime.engine.model.conftest import Ask
from tests.runtime.engine.model.http_server import DONE, Answer, bedrock_refusal, chat, delta, refusal, serving
from tests.runtime.stage import Stage

SECRET = "sk-12345678 at https://me:pa55word@host"
REQUEST = httpx.Request("POST", "https://me:pa55word@host/v1")


def client_error(code: str, status: int = 400, message: str = SECRET) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "ConverseStream")


def in_stream(code: str) -> EventStreamError:
    return EventStreamError({"Error": {"Code": code, "Message": SECRET}}, "ConverseStream")


def status_error(status: int, code: object = None, param: str | None = None, message: str = SECRET) -> Exception:
    response = httpx.Response(status, request=REQUEST)
    body = {"message": message, "code": code, "param": param}
    client = openai.AsyncOpenAI(api_key="none", base_url="http://localhost")
    return client._make_status_error(message, body={"error": body}, response=response)  # noqa: SLF001  as the library


def caused_by(cause: Exception) -> Exception:
    error = openai.APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    return error


def api_error(**body: object) -> openai.APIError:
    return openai.APIError(SECRET, REQUEST, body=body)


MALFORMED = exceptions.ParamValidationError(
    report=f"Invalid type for parameter messages[0].content[0].text, value: {SECRET}, type: <class 'int'>"
)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (MALFORMED, "at messages[0].content[0].text); check the agent's tools, messages and model parameters"),
        (client_error("ValidationException"), "check the agent's tools, messages and model parameters"),
        (client_error("400"), "check the agent's tools, messages and model parameters"),
        (client_error("ValidationException", message="The provided model identifier is invalid."), "model's name"),
        (
            client_error("ValidationException", message="with on-demand throughput is not supported"),
            "inference profile",
        ),
        (client_error("ValidationException", message="Output blocked by content filtering policy"), "in other words"),
        (client_error("AccessDeniedException", 403), "permissions"),
        (client_error("403", 403), "permissions"),
        (client_error("ResourceNotFoundException", 404), "model's name"),
        (client_error("ExpiredTokenException", 403), "AWS credentials (ExpiredTokenException); renew them"),
        (client_error("UnrecognizedClientException", 403), "renew them"),
        (client_error("InvalidSignatureException", 403), "clock"),
        (client_error("ServiceQuotaExceededException"), "quotas"),
        (client_error("413", 413), "start a new session"),
        (client_error("ModelErrorException", 424), "ask again"),
        (client_error("Strange\nCode " + SECRET, 418), "returned an unknown error; ask again"),
        (in_stream("validationException"), "check the agent's tools"),
        (in_stream("newKindOfException"), "returned NewKindOfException; ask again"),
        (exceptions.NoCredentialsError(), "no AWS credentials"),
        (exceptions.PartialCredentialsError(provider="env", cred_var=SECRET), "no AWS credentials"),
        (exceptions.NoRegionError(), "check the region"),
        (exceptions.InvalidRegionError(region_name=SECRET), "check the region"),
        (exceptions.SSLError(endpoint_url=SECRET, error=ValueError("self-signed")), "certificate"),
        (exceptions.UnauthorizedSSOTokenError(), "renew them"),
        (
            status_error(400, param="tools[0].function.name"),
            "BadRequestError 400 at tools[0].function.name); check the",
        ),
        (status_error(400, param=SECRET), "(BadRequestError 400); check the agent's tools"),
        (status_error(400, "context_length_exceeded"), "start a new session"),
        (status_error(400, "content_filter"), "in other words"),
        (status_error(401), "rejected the API key (AuthenticationError 401); check the key in the configured secret"),
        (status_error(402), "billing"),
        (status_error(403), "API key has permission"),
        (status_error(404, "model_not_found"), "model's name"),
        (status_error(404), "model's name"),
        (status_error(405), "URL"),
        (status_error(413), "start a new session"),
        (status_error(422), "check the agent's tools"),
        (status_error(429, "insufficient_quota"), "billing"),
        (status_error(429, "rate_limit_exceeded", message="Request too large for m: Limit 1"), "start a new session"),
        (api_error(type="invalid_request_error"), "check the agent's tools"),
        (api_error(message="unknown"), "ask again"),
        (caused_by(httpx.LocalProtocolError(f"Illegal header value {SECRET}")), "URL and the API key's text"),
        (caused_by(httpx.UnsupportedProtocol(SECRET)), "check the configured URL"),
        (openai.APIResponseValidationError(httpx.Response(200, request=REQUEST), SECRET), "URL is that of a model API"),
        (openai.OpenAIError(SECRET), "check the model's configuration"),
        (ContextWindowOverflowException(SECRET), "start a new session"),
    ],
)
def test_an_error_that_stays_says_what_to_do_and_is_not_tried_again(error: Exception, advice: str) -> None:
    explained = explain_stream(error, "run-1", has_begun_message=False)

    assert explained.code is ErrorCode.MODEL_ERROR
    assert advice in explained.message
    assert "; " in explained.message
    assert "cannot be reached" not in explained.message
    assert not any(part in explained.message for part in ("sk-12345678", "pa55word", "\n"))
    assert passing_failure(error) is None


@pytest.mark.parametrize(
    ("error", "reason", "advice"),
    [
        (client_error("ServiceUnavailableException", 503), "ServiceUnavailableException", "ask again later"),
        (client_error("InternalServerException", 500), "InternalServerException", "ask again later"),
        (client_error("ModelNotReadyException", 429), "ModelNotReadyException", "ask again later"),
        (client_error("502", 502), "502", "ask again later"),
        (client_error("TooManyRequestsException", 429), "ThrottlingException", "ask again in a minute"),
        (in_stream("internalServerException"), "InternalServerException", "ask again later"),
        (in_stream("modelStreamErrorException"), "ModelStreamErrorException", "broke off"),
        (in_stream("throttlingException"), "ThrottlingException", "ask again in a minute"),
        (exceptions.EndpointConnectionError(endpoint_url=SECRET), "EndpointConnectionError", "URL or region"),
        (exceptions.ConnectTimeoutError(endpoint_url=SECRET), "ConnectTimeoutError", "URL or region"),
        (exceptions.ReadTimeoutError(endpoint_url=SECRET), "ReadTimeoutError", "ask again later"),
        (exceptions.ConnectionClosedError(endpoint_url=SECRET), "ConnectionClosedError", "network"),
        (urllib3.exceptions.ProtocolError(SECRET), "ProtocolError", "ask again"),
        (status_error(500), "InternalServerError 500", "ask again later"),
        (status_error(503), "InternalServerError 503", "ask again later"),
        (status_error(529), "InternalServerError 529", "ask again later"),
        (status_error(408), "APIStatusError 408", "ask again later"),
        (status_error(429), "ThrottlingException", "ask again in a minute"),
        (api_error(type="server_error"), "APIError", "ask again later"),
        (api_error(code=503), "APIError", "ask again later"),
        (openai.APIConnectionError(request=REQUEST), "APIConnectionError", "URL or region"),
        (openai.APITimeoutError(request=REQUEST), "APITimeoutError", "ask again later"),
        (httpx.ReadError(SECRET), "ReadError", "network"),
        (httpx.RemoteProtocolError(SECRET), "RemoteProtocolError", "network"),
        (httpx.ReadTimeout(SECRET), "ReadTimeout", "ask again later"),
        (ModelThrottledException(SECRET), "ThrottlingException", "ask again in a minute"),
    ],
)
def test_an_error_that_passes_is_tried_again_by_a_name(error: Exception, reason: str, advice: str) -> None:
    explained = explain_stream(error, "run-1", has_begun_message=False)

    assert passing_failure(error) == reason
    assert advice in explained.message
    assert not any(part in explained.message for part in ("sk-12345678", "pa55word"))


@pytest.mark.parametrize("error", [KeyError("x"), OSError("disk"), ValueError(SECRET)])
def test_an_error_of_no_model_library_is_none_of_the_services(error: Exception) -> None:
    assert service_failure(error) is None


def attempts(stage: Stage, run_id: str) -> list[tuple[str, str]]:
    events = stage.journal.events[run_id]
    return [(event.data["code"], event.data["reason"]) for event in events if "attempt" in event.data]


@pytest.mark.parametrize("status", [500, 503, 529, 408])
def test_an_openai_server_that_is_busy_is_asked_three_times_in_all(stage: Stage, ask_openai: Ask, status: int) -> None:
    with serving(refusal(status, {"error": {"message": "busy"}})) as server:
        run_id = ask_openai(server)

    assert len(server.requests) == 3
    assert [code for code, _ in attempts(stage, run_id)] == ["MODEL_ERROR", "MODEL_ERROR"]
    assert stage.end(run_id).data["error"].endswith("; ask again later")


@pytest.mark.parametrize(
    "busy",
    [
        refusal(503, {"error": {"message": "busy"}}),
        refusal(502, "<html>Bad gateway</html>"),
        refusal(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}),
        Answer(status=500, ends=False),
    ],
)
def test_an_openai_server_that_is_busy_once_does_not_fail_the_run(stage: Stage, ask_openai: Ask, busy: Answer) -> None:
    with serving(busy, chat(delta(content="Back."), delta("stop"))) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "Back."
    assert len(attempts(stage, run_id)) == 1


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (refusal(401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}), "check the key"),
        (refusal(404, {"error": {"message": "no such model", "code": "model_not_found"}}), "model's name"),
        (refusal(400, {"error": {"message": "bad", "param": "messages"}}), "at messages); check the agent's tools"),
        (refusal(429, {"error": {"message": "pay", "code": "insufficient_quota"}}), "billing"),
    ],
)
def test_an_openai_server_that_rejects_the_call_is_asked_once(
    stage: Stage, ask_openai: Ask, answer: Answer, advice: str
) -> None:
    with serving(answer) as server:
        run_id = ask_openai(server)

    assert len(server.requests) == 1
    assert stage.end(run_id).data["code"] == "MODEL_ERROR"
    assert advice in stage.end(run_id).data["error"]


def test_an_openai_server_that_is_not_there_is_tried_again_and_named_unreachable(stage: Stage, ask_openai: Ask) -> None:
    with serving(chat()) as server:
        pass
    run_id = ask_openai(server)

    assert attempts(stage, run_id) == [("MODEL_ERROR", "APIConnectionError")] * 2
    assert "cannot be reached (APIConnectionError); check the configured URL" in stage.end(run_id).data["error"]


def test_bedrock_is_asked_three_times_while_busy_and_once_when_it_rejects(stage: Stage, ask_bedrock: Ask) -> None:
    with serving(bedrock_refusal(503, "ServiceUnavailableException")) as busy:
        first = ask_bedrock(busy)
    with serving(bedrock_refusal(404, "ResourceNotFoundException")) as rejecting:
        second = ask_bedrock(rejecting)

    assert (len(busy.requests), len(rejecting.requests)) == (3, 1)
    assert stage.end(first).data["error"].endswith("; ask again later")
    assert "check the configured model's name" in stage.end(second).data["error"]


def test_our_own_malformed_request_names_its_parameter_and_reaches_no_service(stage: Stage, ask_bedrock: Ask) -> None:
    stage.tools[0].tool_spec["name"] = ""
    with serving(bedrock_refusal(400, "ValidationException")) as server:
        run_id = ask_bedrock(server)

    assert server.requests == []
    error = stage.end(run_id).data["error"]
    assert "ParamValidationError at toolConfig.tools[0].toolSpec.name" in error
    assert "reach" not in error


def test_a_message_that_the_models_library_has_no_form_for_is_not_the_services_fault(stage: Stage) -> None:
    film: Any = {"video": {"format": "mp4", "source": {"bytes": b"film"}}}
    history: Any = [{"role": "user", "content": [film]}, {"role": "assistant", "content": [{"text": "Seen."}]}]
    stage.orchestrator().conversations.save("owner", "s1", history, None)
    run_id = stage.accept("And?", session_id="s1")

    with serving(chat()) as server:
        environment = ModelEnvironment("openai", "small", "us-east-1", f"{server.url}/v1", "")
        stage.model = cast(Any, create_model(environment, boto3.Session(region_name="us-east-1")))
        stage.serve(run_id)

    assert server.requests == []
    assert stage.end(run_id).data["code"] == "MODEL_ERROR"
    assert stage.end(run_id).data["error"].startswith("the conversation cannot be sent to the configured model; ")


def test_a_key_that_a_server_echoes_is_not_in_the_log(
    stage: Stage, ask_openai: Ask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key: Any = SimpleNamespace(current=lambda: "sk-12345678", after_rejection=lambda _: None)
    monkeypatch.setattr("runtime.engine.models._api_key", lambda *_: key)
    with serving(refusal(401, {"error": {"message": "Incorrect API key provided: sk-12345678"}})) as server:
        run_id = ask_openai(server, "arn:secret")

    assert "check the key" in stage.end(run_id).data["error"]
    log = capsys.readouterr().out
    assert "AuthenticationError" in log
    assert "sk-12345678" not in log


def test_a_rotated_key_is_read_when_the_server_rejects_the_old_one_and_the_run_goes_on(
    stage: Stage, ask_openai: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ["sk-old-12345"]
    session = secrets(lambda: {"SecretString": stored[-1]})
    key = ApiKey("arn:secret", lambda: session.client("secretsmanager"))
    monkeypatch.setattr(secret_values, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("runtime.engine.models._api_key", lambda *_: key)
    rejected = replace(
        refusal(401, {"error": {"message": "Incorrect API key"}}), first=lambda: stored.append("sk-new-12345")
    )
    with serving(rejected, chat(delta(content="Back."), delta("stop"), DONE)) as server:
        run_id = ask_openai(server, "arn:secret")

    assert stage.text(run_id) == "Back."
    assert server.keys == ["Bearer sk-old-12345", "Bearer sk-new-12345"]


def secrets(get: Callable[[], dict[str, str]]) -> Any:  # noqa: ANN401  a session that has secrets only
    class Client:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
            assert SecretId == "arn:secret"
            return get()

    class Session:
        def client(self, name: str) -> Client:
            assert name == "secretsmanager"
            return Client()

    return Session()


@pytest.mark.parametrize(
    "stored", ["", " \n", '{"key": "sk-12345678"}', "sk-1234\n5678", "sk-12345678…", "sk 12345678"]
)
def test_a_secret_that_holds_no_key_is_reported_without_it(stored: str) -> None:
    environment = ModelEnvironment("openai", "gpt", "us-east-1", "", "arn:secret")

    with pytest.raises(Exception, match="store the key alone, as plain text") as failed:
        create_model(environment, secrets(lambda: {"SecretString": stored}))

    assert "5678" not in str(failed.value)


def test_a_key_with_a_line_end_is_used_without_it() -> None:
    environment = ModelEnvironment("openai", "gpt", "us-east-1", "", "arn:secret")

    model: Any = create_model(environment, secrets(lambda: {"SecretString": "sk-key\n"}))

    assert model._custom_client.api_key == "sk-key"  # noqa: SLF001  what it was made with is nowhere else


def test_a_model_that_cannot_be_set_up_fails_the_run_with_what_to_do(stage: Stage) -> None:
    def deny() -> dict[str, str]:
        raise client_error("AccessDeniedException", 403)

    def build() -> Any:  # noqa: ANN401  it never returns
        environment = ModelEnvironment("openai", "gpt", "us-east-1", "", "arn:secret")
        return create_model(environment, secrets(deny))

    run_id = stage.accept()
    asyncio.run(stage.worker(build).serve(run_id, 900))

    assert stage.end(run_id).data["code"] == "MODEL_ERROR"
    expected = "the model cannot be set up (AccessDeniedException); check that the configured secret exists"
    assert stage.end(run_id).data["error"].startswith(expected)


def test_a_region_that_is_none_is_reported_when_the_model_is_made() -> None:
    with pytest.raises(Exception, match=r"the model cannot be set up \(InvalidRegionError\); "):
        create_model(ModelEnvironment("bedrock", "m", "no region", "", ""), boto3.Session())
