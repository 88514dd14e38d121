"""Puts the gate in front of MiniStack, and lets MiniStack and those to whom it gives a URL pass."""

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import BaseHandler, Request, build_opener, install_opener

from contract.sandbox_access import HEADER
from sandbox.access.gate import App, Gate
from sandbox.access.keys import Keys
from sandbox.access.signature import presigned
from sandbox.emulator_process.emulated.known_module import require_known

CODE_URL_SECONDS: Final = 7 * 86_400
"""For which the URLs of a function's code and of a layer are valid. AWS's are for ten minutes, but MiniStack makes a
layer's only once."""

_CODE_URLS: Final = {
    "_presigned_code_url": "(func_name: str) -> str",
    "_layer_content_url": "(layer_name: str, version: int) -> str",
}


def gated(app: App) -> Gate:
    """Returns MiniStack's application behind the gate; the keys and ports are those of this process's environment."""
    sidecar = urlsplit(os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"])
    ports = {int(os.environ["GATEWAY_PORT"]), sidecar.port or 0}
    return Gate(app, Keys.from_environment(os.environ), ports, issued=_issued_secret)


def install(lambda_svc: ModuleType) -> None:
    """Signs the URLs from which clients of Lambda load code, and MiniStack's own calls to this sandbox (such as those
    for the keys of a JWT). Raises ValueError for an unknown version of `services.lambda_svc`."""
    require_known(lambda_svc, "Lambda", _CODE_URLS)
    names = vars(lambda_svc)
    names.update({name: _signed(names[name]) for name in _CODE_URLS})
    install_opener(build_opener(_OwnCalls(int(os.environ["GATEWAY_PORT"]), os.environ["AWS_SECRET_ACCESS_KEY"])))


def _signed(original: Callable[..., str]) -> Callable[..., str]:
    keys, region = Keys.from_environment(os.environ), os.environ["AWS_DEFAULT_REGION"]

    def signed(*args: Any, **kwargs: Any) -> str:  # noqa: ANN401  MiniStack's own
        url = original(*args, **kwargs).partition("?")[0]
        return presigned(url, keys.key_id, keys.secret, region, "lambda", CODE_URL_SECONDS)

    return signed


class _OwnCalls(BaseHandler):
    def __init__(self, port: int, secret: str) -> None:
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._secret = secret

    def http_request(self, request: Request) -> Request:
        if request.host in self._hosts:
            request.add_unredirected_header(HEADER, self._secret)  # a redirect may lead elsewhere
        return request


def _issued_secret(key_id: str) -> str | None:
    """Returns the secret key of an access key that MiniStack's IAM or STS has made."""
    # Loads IAM and STS, which most sandboxes never need.
    from ministack.core import iam_evaluator, responses  # type: ignore[import-not-found]  # noqa: PLC0415

    if iam_evaluator.is_root_access_key(key_id):
        return None  # `test` and the like, which MiniStack takes with any secret
    try:
        owner = iam_evaluator.find_iam_access_key_account(key_id)
    except iam_evaluator.AmbiguousAccessKeyError:
        return None
    found = iam_evaluator.resolve_credential(key_id, owner or responses._account_from_sts_session(key_id))  # noqa: SLF001
    secret = getattr(found, "secret_access_key", None)
    return str(secret) if secret else None
