"""Function URLs on the emulator: who may call them, and what the function learns of the caller."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from contract.sandbox_access import HEADER
from sandbox.errors import SandboxError
from tests.sandbox.clients import keys_of
from tests.sandbox.harness import Emulator, running

pytestmark = pytest.mark.sandbox

URLS = '''
SOURCE = """
import json

def handler(event, context):
    told = {"authorizer": event["requestContext"].get("authorizer"), "body": event["body"], "path": event["rawPath"]}
    return {"statusCode": 201, "headers": {"x-own": "yes"}, "body": json.dumps(told)}
"""

def url(name, authorization, *permissions):
    own = function(name, SOURCE)
    for number, given in enumerate(permissions):
        aws.lambda_.Permission(f"{name}-{number}", function=own.name, principal="*", **given)
    made = aws.lambda_.FunctionUrl(f"{name}-url", function_name=own.name, authorization_type=authorization)
    pulumi.export(name, made.url_id)
    pulumi.export(f"{name}_url", made.function_url)

CALL = {"action": "lambda:InvokeFunctionUrl", "function_url_auth_type": "NONE"}
INVOKE = {"action": "lambda:InvokeFunction", "invoked_via_function_url": True}
url("closed", "AWS_IAM")
url("open", "NONE", CALL, INVOKE)
url("half", "NONE", CALL)
'''


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("urls")
    with running(folder / "state", empty=True) as state:
        yield Emulator(state, folder)


@pytest.fixture(scope="module")
def urls(emulator: Emulator) -> Mapping[str, str]:
    """The addresses in this sandbox, by name."""
    outputs = emulator.deploy(URLS, "urls")
    assert outputs["open_url"] == f"https://{outputs['open']}.lambda-url.us-east-1.on.aws/"
    place = f"{emulator.state.endpoint}/_aws/lambda-url"
    return {name: f"{place}/{outputs[name]}/" for name in ("closed", "open", "half")}


def post(url: str, headers: Mapping[str, str]) -> httpx.Response:
    content_type = {"content-type": "application/json"}
    return httpx.post(url, content=b'{"query": "?"}', headers={**content_type, **headers}, trust_env=False)


def signature(url: str, service: str = "lambda", secret: str | None = None) -> dict[str, str]:
    keys = keys_of(url)
    request = AWSRequest("POST", url, {"content-type": "application/json"}, b'{"query": "?"}')
    SigV4Auth(Credentials(keys.key_id, secret or keys.secret), service, "us-east-1").add_auth(request)
    return dict(request.headers)


def test_a_signed_request_is_served_and_names_its_caller(urls: Mapping[str, str]) -> None:
    answer = post(urls["closed"], signature(urls["closed"]))

    assert (answer.status_code, answer.headers["x-own"]) == (201, "yes")
    told: dict[str, Any] = answer.json()
    assert (told["body"], told["path"]) == ('{"query": "?"}', "/")
    assert told["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root"


def test_a_request_without_a_signature_is_refused_even_with_the_sandboxs_secret(urls: Mapping[str, str]) -> None:
    for headers in ({}, {HEADER: keys_of(urls["closed"]).secret}):
        assert post(urls["closed"], headers).status_code == 403


def test_a_signature_of_another_secret_or_service_is_refused(urls: Mapping[str, str]) -> None:
    url = urls["closed"]

    assert post(url, signature(url, secret="x" * 40)).status_code == 403
    assert post(url, signature(url, service="execute-api")).status_code == 403


def test_a_public_url_needs_both_permissions(urls: Mapping[str, str]) -> None:
    secret = {HEADER: keys_of(urls["open"]).secret}

    answer = post(urls["open"], secret)
    refused = post(urls["half"], secret)

    assert (answer.status_code, answer.json()["authorizer"]) == (201, None)
    assert (refused.status_code, "urls-auth" in refused.json()["Message"]) == (403, True)


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        pytest.param(
            "mixed",
            'own = function("mixed", "def handler(event, context): pass")\n'
            'aws.lambda_.Permission("mixed-permission", function=own.name, principal="*", '
            'action="lambda:InvokeFunction", function_url_auth_type="NONE")',
            "functionUrlAuthType is set with action lambda:InvokeFunction",
            id="a condition of the other action",
        ),
        pytest.param(
            "odd",
            'own = function("odd", "def handler(event, context): pass")\n'
            'aws.lambda_.FunctionUrl("odd-url", function_name=own.name, authorization_type="JWT")',
            "authorizationType is 'JWT'; allowed: AWS_IAM, NONE",
            id="an authorization that Lambda does not have",
        ),
    ],
)
def test_what_lambda_rejects_is_rejected(emulator: Emulator, name: str, source: str, message: str) -> None:
    with pytest.raises(SandboxError) as caught:
        emulator.deploy(source, name)

    assert message in caught.value.message


def test_no_answer_shows_a_secret(urls: Mapping[str, str]) -> None:
    secret = keys_of(urls["closed"]).secret

    answer = post(urls["closed"], signature(urls["closed"]))

    assert secret not in json.dumps(answer.json())
