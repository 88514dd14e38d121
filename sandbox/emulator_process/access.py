"""Puts the gate in front of MiniStack, and lets MiniStack call itself."""

import os
from urllib.parse import urlsplit

from sandbox.access.gate import App, Gate
from sandbox.access.keys import Keys


def gated(app: App) -> Gate:
    """Returns MiniStack's application behind the gate; the keys and ports are those of this process's environment."""
    sidecar = urlsplit(os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"])
    ports = {int(os.environ["GATEWAY_PORT"]), sidecar.port or 0}
    return Gate(app, Keys.from_environment(os.environ), ports, issued=_issued_secret)


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
