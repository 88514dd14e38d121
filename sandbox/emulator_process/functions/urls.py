"""Replaces parts of MiniStack's function URLs: who may call one, and what the function learns of the caller.

The gate has verified a request's signature. MiniStack takes any signature, asks for no permission of a URL without
authorization, and leaves the caller out of the event.
"""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from sandbox.access.signature import Signature, SignedRequest, read_signature
from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer

_EVENT: Final = "_build_function_url_event"
_REQUEST: Final = "handle_function_url_request"
_REPLACED: Final = {
    _EVENT: (
        "(url_id: str, account_id: str, region: str, method: str, path: str, headers: dict, body: bytes, "
        "query_params: dict, source_ip: str = '127.0.0.1', anonymous: bool = False, trace_root: str = '') -> dict"
    ),
    _REQUEST: (
        "(url_id: str, method: str, path: str, headers: dict, body: bytes, query_params: dict, "
        "resolved: tuple | None = None, source_ip: str | None = None) -> tuple"
    ),
}
_USED: Final = ("resolve_function_url", "_get_func_record_for_ref_in_scope")
_SERVICE: Final = "lambda"
_HELP: Final = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
_MESSAGE: Final = f"Forbidden. For troubleshooting Function URL authorization issues, see: {_HELP}"


class FunctionUrls:
    """The replacements, with the names of the functions that they replace."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._original = {name: self._names[name] for name in _REPLACED}

    async def handle_function_url_request(
        self,
        url_id: str,
        method: str,
        path: str,
        headers: Any,  # noqa: ANN401  MiniStack's own, as the next
        body: bytes,
        query_params: Any,  # noqa: ANN401
        resolved: Any = None,  # noqa: ANN401
        source_ip: str | None = None,
    ) -> Answer:
        """Refuses what Lambda refuses: a signature for another service or region, and calls of a public URL whose
        function does not grant both permissions to everybody."""
        found = resolved or self._names["resolve_function_url"](url_id)
        if found is not None and not self._may_call(found, headers, query_params):
            return _forbidden()
        answer: Answer = await self._original[_REQUEST](
            url_id, method, path, headers, body, query_params, resolved=resolved, source_ip=source_ip
        )
        return answer

    def build_function_url_event(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  MiniStack's own
        """Names the IAM caller, as Lambda does where the URL asks for IAM."""
        event = self._original[_EVENT](*args, **kwargs)
        if not kwargs.get("anonymous"):
            headers, query_params, account = args[5], args[7], args[1]
            event["requestContext"]["authorizer"] = {"iam": _caller(headers, query_params, account)}
        return event

    def _may_call(self, found: Any, headers: Mapping[str, str], query_params: Any) -> bool:  # noqa: ANN401
        account, region, name, _, config = found
        if config.get("AuthType") == "NONE":
            function, *_ = self._names["_get_func_record_for_ref_in_scope"](name, account_id=account, region=region)
            return is_public(((function or {}).get("policy") or {}).get("Statement") or [])
        signature = _signature(headers, query_params)
        # One that is missing is refused by MiniStack.
        return signature is None or signature.scope.split("/")[1:3] == [region, _SERVICE]


def is_public(statements: Any) -> bool:  # noqa: ANN401  of a policy
    """Returns whether a function's policy grants everybody both permissions that a call of its URL needs."""
    wanted = {
        ("lambda:InvokeFunctionUrl", "StringEquals", "lambda:FunctionUrlAuthType"): "NONE",
        ("lambda:InvokeFunction", "Bool", "lambda:InvokedViaFunctionUrl"): "true",
    }
    return all(
        any(
            statement.get("Action") == action
            and statement.get("Principal") in ("*", {"AWS": "*"})
            and ((statement.get("Condition") or {}).get(operator) or {}).get(key) == value
            for statement in statements
        )
        for (action, operator, key), value in wanted.items()
    )


def _caller(headers: Mapping[str, str], query_params: Any, account: str) -> dict[str, Any]:  # noqa: ANN401
    from ministack.core.iam_evaluator import request_caller_arn  # type: ignore[import-not-found]  # noqa: PLC0415

    signature, arn = _signature(headers, query_params), str(request_caller_arn(headers, query_params))
    return {
        "accessKey": "" if signature is None else signature.key_id,
        "accountId": account,
        "callerId": account,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": arn,
        "userId": account,
    }


def _signature(headers: Mapping[str, str], query_params: Any) -> Signature | None:  # noqa: ANN401  MiniStack's own
    query = "&".join(f"{name}={value}" for name, values in query_params.items() for value in values)
    return read_signature(SignedRequest("", "", query, {name.lower(): value for name, value in headers.items()}))


def _forbidden() -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}
    return 403, headers, json.dumps({"Message": _MESSAGE}).encode()


def install(lambda_svc: ModuleType) -> None:
    """Replaces functions of `services.lambda_svc`. Raises ValueError for an unknown version of it."""
    require_known(lambda_svc, "function URLs", _REPLACED, _USED)
    replace(lambda_svc, FunctionUrls(lambda_svc), tuple(_REPLACED))
