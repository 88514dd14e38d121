"""The form with a function URL: one function from an image."""

import json
from typing import Any

import pytest

from components.refs import ImageRef
from components.streaming_lambda import StreamingLambda, StreamingLambdaArgs
from components.validation import ComponentInputError
from runtime import environment
from tests.components.harness import ACCOUNT, REGION, URL_ID, Deployment, deploy
from tests.components.references import DATA_ARN, PAYLOADS, TABLE, by_sid

DIGEST = f"sha256:{'d' * 64}"
URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/longrun-stream@{DIGEST}"
IMAGE: ImageRef = {"uri": URI, "architecture": "arm64"}
CONFIGURED = {
    "entry_point": ["/usr/local/bin/python3", "-m"],
    "command": ["runtime.http.streaming.main"],
    "working_directory": "/var/task",
}
SELF = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:stream-worker"


@pytest.fixture(scope="session")
def url_args(args: StreamingLambdaArgs) -> StreamingLambdaArgs:
    own: Any = {"transport": "function-url", "package": "image", "image": IMAGE}
    given: Any = {key: value for key, value in args.items() if key != "worker"} | own
    return given  # type: ignore[no-any-return]  # the keys of the other form, without those of the WebSocket


@pytest.fixture(scope="session")
def streaming(url_args: StreamingLambdaArgs) -> Deployment:
    return deploy(lambda: StreamingLambda("stream", url_args))


def deploy_with(url_args: StreamingLambdaArgs, **changed: Any) -> Deployment:  # noqa: ANN401  any argument
    given: Any = {key: value for key, value in {**url_args, **changed}.items() if value is not None}
    return deploy(lambda: StreamingLambda("stream", given))


def variables(deployed: Deployment) -> dict[str, str]:
    found: dict[str, str] = deployed["stream-worker"].inputs["environment"]["variables"]
    return found


def permitted(deployed: Deployment, policy: str) -> dict[str, dict[str, object]]:
    return by_sid(json.loads(deployed[policy].inputs["policy"])["Statement"])


def test_the_function_runs_the_image_for_as_long_as_a_worker(streaming: Deployment) -> None:
    function = streaming["stream-worker"].inputs

    assert (function["packageType"], function["imageUri"], function["architectures"]) == ("Image", URI, ["arm64"])
    assert (function["timeout"], function["memorySize"]) == (900, 1024)
    assert function["tags"]["longrun:role"] == "worker"
    assert not {"handler", "runtime", "code", "s3Bucket", "imageConfig"} & function.keys()


def test_what_starts_is_stated_as_a_whole_where_the_image_does_not(url_args: StreamingLambdaArgs) -> None:
    deployed = deploy_with(url_args, image={**IMAGE, **CONFIGURED})

    assert deployed["stream-worker"].inputs["imageConfig"] == {
        "entryPoints": CONFIGURED["entry_point"],
        "commands": CONFIGURED["command"],
        "workingDirectory": "/var/task",
    }


def test_the_url_streams_to_signed_requests_of_the_account(streaming: Deployment) -> None:
    url = streaming["stream-url"]
    call, invoke = streaming["stream-url-permission"].inputs, streaming["stream-invoke-permission"].inputs

    assert (url.inputs["authorizationType"], url.inputs["invokeMode"]) == ("AWS_IAM", "RESPONSE_STREAM")
    assert (call["action"], call["functionUrlAuthType"]) == ("lambda:InvokeFunctionUrl", "AWS_IAM")
    assert (invoke["action"], invoke["invokedViaFunctionUrl"]) == ("lambda:InvokeFunction", True)
    assert call["principal"] == invoke["principal"] == ACCOUNT
    assert {"stream-url-permission", "stream-invoke-permission"} <= url.dependencies
    assert "cors" not in url.inputs


def test_it_is_open_to_everybody_only_where_that_is_said(url_args: StreamingLambdaArgs) -> None:
    deployed = deploy_with(url_args, authorization="NONE")

    assert deployed["stream-url"].inputs["authorizationType"] == "NONE"
    assert deployed["stream-url-permission"].inputs["principal"] == "*"


def test_the_adapter_streams_passes_events_on_and_reports_those_that_failed(streaming: Deployment) -> None:
    assert {name: value for name, value in variables(streaming).items() if name.startswith("AWS_LWA_")} == {
        "AWS_LWA_INVOKE_MODE": "response_stream",
        "AWS_LWA_READINESS_CHECK_PATH": "/healthz",
        "AWS_LWA_PASS_THROUGH_PATH": "/events",
        "AWS_LWA_ERROR_STATUS_CODES": "599",
    }


def test_the_application_can_read_its_variables(url_args: StreamingLambdaArgs) -> None:
    from runtime.http.streaming.environment import StreamingEnvironment  # noqa: PLC0415  starts with the endpoint

    deployed = deploy_with(url_args, response_seconds=30, allowed_origins=["https://a.example", "https://b.example:8"])

    read = StreamingEnvironment.read({**variables(deployed), "AWS_LAMBDA_FUNCTION_NAME": "stream-worker"})
    assert (read.worker_function, read.response_seconds, read.run_timeout) == ("stream-worker", 30.0, 1800)
    assert read.allowed_origins == ("https://a.example", "https://b.example:8")
    assert read.worker.agents.agents == ("data_analyst", "helper")
    assert read.worker.timers["group"] == "stream-timers"
    assert read.worker.callback_url == ""


def test_browsers_are_not_allowed_by_default(streaming: Deployment) -> None:
    assert environment.ALLOWED_ORIGINS not in variables(streaming)
    assert variables(streaming)[environment.RESPONSE_SECONDS] == "60"


def test_the_function_may_do_what_an_agent_and_its_readers_need_and_no_more(streaming: Deployment) -> None:
    found = permitted(streaming, "stream-worker-policy")

    assert found.keys() == {
        *("WriteLogs", "WriteTraces", "ReadJournal", "WriteJournal", "ReadPayloads", "WritePayloads"),
        *("KeepSessions", "MissSessions", "ReadFiles", "ListFiles", "SendFailures", "SetTimers", "PassTimersRole"),
        *("InvokeProfile", "InvokeModelThroughProfile"),
    }
    assert found["ReadJournal"]["Resource"] == TABLE
    assert found["WritePayloads"]["Resource"] == f"{PAYLOADS}/runs/*"
    assert str(found["ReadFiles"]["Resource"]).startswith(DATA_ARN)


def test_it_invokes_itself_and_no_other_function(streaming: Deployment) -> None:
    (statement,) = permitted(streaming, "stream-worker-next-policy").values()

    assert statement == {"Action": ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], "Resource": SELF}


def test_a_lost_run_goes_to_the_dead_letter_handler_and_is_not_repeated(streaming: Deployment) -> None:
    invocation = streaming["stream-worker-invocation"].inputs
    closer = streaming["stream-closer"].inputs["environment"]["variables"]

    assert (invocation["maximumRetryAttempts"], invocation["maximumEventAgeInSeconds"]) == (0, 900)
    assert invocation["destinationConfig"]["onFailure"]["destination"].endswith(":stream-failures")
    assert streaming["stream-closer-source"].inputs["eventSourceArn"].endswith(":stream-failures")
    assert closer[environment.WORKER_FUNCTION] == "stream-worker"
    assert environment.CALLBACK_URL not in closer
    assert "PostToConnections" not in permitted(streaming, "stream-closer-policy")


def test_timers_of_questions_invoke_the_function(streaming: Deployment) -> None:
    (statement,) = permitted(streaming, "stream-timers-policy").values()

    assert statement == {"Action": ["lambda:InvokeFunction"], "Resource": SELF}


def test_the_outputs_name_the_endpoint(streaming: Deployment) -> None:
    outputs = streaming.outputs["stream"]

    assert outputs["stream_url"] == f"https://{URL_ID}.lambda-url.{REGION}.on.aws/"
    assert (outputs["stream_function"], outputs["worker_function"]) == ("stream-worker", "stream-worker")
    assert (outputs["websocket_url"], outputs["gateway_function"]) == ("", "")


def test_the_address_may_be_that_of_a_proxy(url_args: StreamingLambdaArgs) -> None:
    deployed = deploy_with(url_args, url="http://127.0.0.1:4600/_aws/lambda-url/{urlId}/")

    assert deployed.outputs["stream"]["stream_url"] == f"http://127.0.0.1:4600/_aws/lambda-url/{URL_ID}/"


def test_its_function_and_its_queue_are_watched(url_args: StreamingLambdaArgs) -> None:
    made: list[StreamingLambda] = []
    deploy(lambda: made.append(StreamingLambda("stream", url_args)))

    (worker, closer), (queue,) = made[0].monitoring["functions"], made[0].monitoring["queues"]
    assert (worker["role"], worker["timeout"], worker["runs_agents"], closer["role"]) == ("worker", 900, True, "closer")
    assert (queue["role"], queue["is_read"]) == ("failures", True)


def test_there_is_no_api(streaming: Deployment) -> None:
    assert not [resource for resource in streaming.resources if resource.type.startswith("aws:apigateway")]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"transport": "sse"}, "transport is 'sse'; allowed: websocket, function-url", id="transport"),
        pytest.param({"package": None}, "package is 'zip'; allowed: image, with transport", id="zip"),
        pytest.param({"package": "tar"}, "package is 'tar'; allowed: zip, image", id="package"),
        pytest.param({"image": None}, "image is missing; transport function-url needs it", id="no image"),
        pytest.param({"worker": {}}, "worker.architecture is missing", id="worker of another form"),
        pytest.param({"throttle_rate": 1}, "throttle_rate is set; only transport websocket reads it", id="throttling"),
        pytest.param({"authorization": "JWT"}, "authorization is 'JWT'; allowed: AWS_IAM, NONE", id="tokens"),
        pytest.param(
            {"image": {**IMAGE, "uri": URI.replace("@", ":1@")}}, "without a tag", id="an address with tag and digest"
        ),
        pytest.param({"image": {**IMAGE, "uri": URI.partition("@")[0]}}, "an address with a digest", id="no digest"),
        pytest.param(
            {"image": {**IMAGE, "uri": URI.replace(REGION, "eu-west-1")}}, "image.uri is in eu-west-1", id="region"
        ),
        pytest.param(
            {"image": {**IMAGE, "uri": f"registry.example.com/stream@{DIGEST}"}}, "Amazon ECR", id="another registry"
        ),
        pytest.param({"image": {**IMAGE, "architecture": "arm"}}, "image.architecture is 'arm'", id="architecture"),
        pytest.param(
            {"image": {**IMAGE, "command": ["main"]}}, "image.entry_point, image.working_directory", id="half"
        ),
        pytest.param(
            {"image": {**IMAGE, **CONFIGURED, "working_directory": "task"}}, "image.working_directory is", id="relative"
        ),
        pytest.param({"response_seconds": 900}, "response_seconds is 900; allowed: 5 to 840", id="response"),
        pytest.param({"allowed_origins": ["app.example.com"]}, "allowed_origins has 'app.example.com'", id="origin"),
        pytest.param({"allowed_origins": ["https://App.example"]}, "give https://app.example", id="case of an origin"),
        pytest.param({"allowed_origins": ["https://a.example/"]}, "scheme, host and port alone", id="path"),
        pytest.param({"url": "https://stream.example.com/"}, "url is", id="template"),
        pytest.param({"deadline_margin": 899}, "deadline_margin is 899", id="margin"),
        pytest.param({"worker_memory": 512}, "worker_memory is 512", id="memory"),
        pytest.param({"variables": {"AWS_REGION": "us-east-1"}}, "AWS_REGION", id="reserved variable"),
    ],
)
def test_what_would_fail_later_is_rejected_before_any_child(
    url_args: StreamingLambdaArgs, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError) as caught:
        deploy_with(url_args, **changed)

    assert str(caught.value).startswith("StreamingLambda 'stream' has invalid arguments")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"package": "image"}, "package is 'image'; allowed: zip, with transport websocket"),
        ({"image": IMAGE}, "image is set; only transport function-url reads it"),
        ({"response_seconds": 60}, "response_seconds is set; only transport function-url reads it"),
        ({"worker": None}, "worker is missing; transport websocket needs it"),
    ],
)
def test_a_websocket_takes_nothing_of_the_url(args: StreamingLambdaArgs, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ComponentInputError, match=message):
        deploy_with(args, **changed)
