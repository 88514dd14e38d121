"""The replacements of MiniStack's function URLs, over a module with its functions' parameters."""

import asyncio
import json
from types import ModuleType
from typing import Any

import pytest

from sandbox.emulator_process.functions.urls import FunctionUrls, install, is_public

CALL = {
    "Action": "lambda:InvokeFunctionUrl",
    "Principal": "*",
    "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
}
INVOKE = {
    "Action": "lambda:InvokeFunction",
    "Principal": "*",
    "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
}
KEY = "LONGRUNAAAAAAAAAAAAA"


def ministack(kind: str, *statements: Any) -> ModuleType:  # noqa: ANN401  of a policy
    """A module whose one URL, of that kind of authorization, serves every call that gets through."""
    module = ModuleType("lambda_svc")
    found = ("000000000000", "us-east-1", "helper", None, {"AuthType": kind})
    record = {"policy": {"Statement": list(statements)}}

    async def serve(*_: object, **__: object) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b"served"

    vars(module).update(
        _build_function_url_event=lambda *_, **__: {"requestContext": {}},
        handle_function_url_request=serve,
        resolve_function_url=lambda url_id: found if url_id == "known" else None,
        _get_func_record_for_ref_in_scope=lambda _name, **_scope: (record, {}, ""),
    )
    return module


def called(module: ModuleType, url_id: str = "known", **headers: str) -> tuple[int, bytes]:
    request = FunctionUrls(module).handle_function_url_request(url_id, "POST", "/", headers, b"{}", {})
    status, _, body = asyncio.run(request)
    return status, body


def authorization(service: str, region: str = "us-east-1") -> str:
    scope = f"{KEY}/20261130/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"


def test_both_permissions_for_everybody_make_a_url_public() -> None:
    assert is_public([CALL, INVOKE])
    assert is_public([{**CALL, "Principal": {"AWS": "*"}}, INVOKE])


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([], id="none"),
        pytest.param([CALL], id="only that of the URL"),
        pytest.param([INVOKE], id="only that of the function"),
        pytest.param([CALL, {**INVOKE, "Condition": {}}], id="an invocation in any way"),
        pytest.param([{**CALL, "Principal": {"AWS": "123456789012"}}, INVOKE], id="for one account"),
        pytest.param(
            [{**CALL, "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}, INVOKE],
            id="for URLs of the other kind",
        ),
    ],
)
def test_a_url_with_less_is_not_public(statements: list[dict[str, Any]]) -> None:
    assert not is_public(statements)
    status, body = called(ministack("NONE", *statements))
    assert (status, "urls-auth" in json.loads(body)["Message"]) == (403, True)


def test_a_public_url_serves_calls_without_a_signature() -> None:
    assert called(ministack("NONE", CALL, INVOKE)) == (200, b"served")


def test_a_signature_counts_for_lambda_in_the_urls_region_only() -> None:
    assert called(ministack("AWS_IAM"), authorization=authorization("lambda"))[0] == 200
    assert called(ministack("AWS_IAM"), authorization=authorization("execute-api"))[0] == 403
    assert called(ministack("AWS_IAM"), authorization=authorization("lambda", "eu-west-1"))[0] == 403


def test_what_no_url_has_is_left_to_ministack() -> None:
    assert called(ministack("NONE"), "unknown") == (200, b"served")


def test_an_unknown_ministack_is_refused() -> None:
    with pytest.raises(ValueError, match="handle_function_url_request"):
        install(ministack("NONE"))
