import json
from typing import Any

from components.traced_function import TracedFunction, TracedFunctionArgs
from runtime import environment
from tests.components.harness import ACCOUNT, REGION, URL_ID, Deployment, deploy
from tests.components.references import DATA_ARN, PAYLOADS, TABLE, WEBSOCKET, by_sid
from tests.components.traced_function.conftest import Deploy

LANGFUSE = "https://us.cloud.langfuse.com/api/public/otel"
KEYS = {"name": "longrun/test/tracing-keys", "arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:keys-AbCdEf"}


def changed(**arguments: Any) -> TracedFunctionArgs:  # noqa: ANN401  any argument
    return arguments  # type: ignore[return-value]  # the fixture has the rest


def variables(deployed: Deployment) -> dict[str, str]:
    found: dict[str, str] = deployed["traced-function"].inputs["environment"]["variables"]
    return found


def permitted(deployed: Deployment) -> dict[str, dict[str, object]]:
    return by_sid(json.loads(deployed["traced-function-policy"].inputs["policy"])["Statement"])


def test_a_request_has_five_minutes_a_gigabyte_and_nine_others_beside_it(deployed: Deployment) -> None:
    function = deployed["traced-function"].inputs

    assert (function["timeout"], function["memorySize"], function["reservedConcurrentExecutions"]) == (300, 1024, 10)
    assert function["handler"] == "runtime.http.traced.function.handler"
    assert function.get("packageType", "Zip") == "Zip"
    assert function["tracingConfig"] == {"mode": "Active"}


def test_the_url_asks_for_a_signature_and_its_account_may_call_it(deployed: Deployment) -> None:
    url = deployed["traced-url"]
    call, invoke = deployed["traced-url-permission"].inputs, deployed["traced-invoke-permission"].inputs

    assert (url.inputs["authorizationType"], url.inputs["invokeMode"]) == ("AWS_IAM", "BUFFERED")
    assert (call["action"], call["functionUrlAuthType"], call["principal"]) == (
        "lambda:InvokeFunctionUrl",
        "AWS_IAM",
        ACCOUNT,
    )
    assert (invoke["action"], invoke["invokedViaFunctionUrl"], invoke["principal"]) == (
        "lambda:InvokeFunction",
        True,
        ACCOUNT,
    )
    assert "invokedViaFunctionUrl" not in call
    assert "functionUrlAuthType" not in invoke
    assert {"traced-url-permission", "traced-invoke-permission"} <= url.dependencies, "made first, or it answers 403"


def test_a_public_url_has_both_permissions_for_everybody(deploy_with: Deploy) -> None:
    deployed = deploy_with(changed(authorization="NONE"))

    assert deployed["traced-url"].inputs["authorizationType"] == "NONE"
    for name in ("traced-url-permission", "traced-invoke-permission"):
        assert deployed[name].inputs["principal"] == "*"
    assert deployed["traced-url-permission"].inputs["functionUrlAuthType"] == "NONE"
    assert variables(deployed)[environment.AUTHORIZATION] == "NONE"


def test_no_variable_is_one_that_lambda_reserves(deploy_with: Deploy) -> None:
    found = variables(deploy_with(changed(traces_endpoint=LANGFUSE, traces_keys=KEYS)))

    assert not [name for name in found if name.startswith(("AWS_", "LAMBDA_", "_"))]
    assert found[environment.MODEL_REGION] == REGION


def test_the_function_may_do_what_it_needs_and_nothing_else(deploy_with: Deploy) -> None:
    found = permitted(deploy_with(changed(traces_endpoint=LANGFUSE, traces_keys=KEYS)))

    assert found["WriteJournal"]["Resource"] == TABLE
    assert found["KeepSessions"]["Resource"] == f"{PAYLOADS}/sessions/*"
    assert found["ReadTracingKeys"]["Resource"] == KEYS["arn"]
    assert found["PostToConnections"]["Resource"] == WEBSOCKET["connections_arn"]
    assert found["InvokeWorker"] == {
        "Action": ["lambda:InvokeFunction"],
        "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker",
    }
    assert any(str(statement["Resource"]).startswith(DATA_ARN) for statement in found.values())
    assert "sqs:SendMessage" not in json.dumps(found)


def test_spans_go_to_the_collector_without_what_was_said(deploy_with: Deploy) -> None:
    found = variables(deploy_with(changed(traces_endpoint=f"{LANGFUSE}/v1/traces", traces_keys=KEYS)))

    assert found["OTEL_EXPORTER_OTLP_ENDPOINT"] == LANGFUSE
    assert found[environment.TRACING_KEYS] == KEYS["arn"]
    assert found["OTEL_SEMCONV_STABILITY_OPT_IN"] == "gen_ai_latest_experimental,gen_ai_unredacted_attributes="


def test_what_was_said_is_in_the_spans_where_the_stack_wants_it(deploy_with: Deploy) -> None:
    found = variables(deploy_with(changed(traces_endpoint=LANGFUSE, traces_content=True)))

    assert found["OTEL_SEMCONV_STABILITY_OPT_IN"] == "gen_ai_latest_experimental"


def test_nothing_is_sent_unless_a_collector_is_named(deploy_with: Deploy) -> None:
    deployed = deploy_with(changed(traces_keys=KEYS))

    assert not [name for name in variables(deployed) if name.startswith("OTEL_EXPORTER")]
    assert environment.TRACING_KEYS not in variables(deployed)
    assert "ReadTracingKeys" not in permitted(deployed)


def test_a_stack_without_a_websocket_has_a_traced_function_too(args: TracedFunctionArgs) -> None:
    alone: Any = {key: value for key, value in args.items() if key != "websocket"}

    deployed = deploy(lambda: TracedFunction("traced", alone))

    assert not {environment.CALLBACK_URL, environment.WORKER_FUNCTION} & variables(deployed).keys()
    assert not {"PostToConnections", "InvokeWorker"} & permitted(deployed).keys()


def test_an_account_with_a_low_limit_reserves_nothing(deploy_with: Deploy) -> None:
    deployed = deploy_with(changed(reserved_concurrency=0))

    assert "reservedConcurrentExecutions" not in deployed["traced-function"].inputs


def test_the_address_is_the_urls_own_or_that_of_a_proxy_before_it(deploy_with: Deploy, deployed: Deployment) -> None:
    proxied = deploy_with(changed(url="https://agents.example.com/{urlId}/"))

    assert deployed.outputs["traced"]["function_url"] == f"https://{URL_ID}.lambda-url.{REGION}.on.aws/"
    assert proxied.outputs["traced"]["function_url"] == f"https://agents.example.com/{URL_ID}/"


def test_numbers_of_other_languages_are_whole(deploy_with: Deploy) -> None:
    deployed = deploy_with(changed(timeout=60.0, deadline_margin=10.0, reserved_concurrency=5.0))

    assert deployed["traced-function"].inputs["reservedConcurrentExecutions"] == 5
    assert variables(deployed)[environment.DEADLINE_MARGIN] == "10"


def test_operations_watch_the_function(args: TracedFunctionArgs) -> None:
    found: list[Any] = []
    deploy(lambda: found.append(TracedFunction("traced", args).monitoring))

    (function,) = found[0]["functions"]
    assert (found[0]["component"], function["role"], function["timeout"], function["runs_agents"]) == (
        "traced",
        "function",
        300,
        True,
    )
