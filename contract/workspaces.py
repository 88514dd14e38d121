"""Workspaces: callers of the streaming endpoint. A workspace has a secret for each agent that it may ask."""

import hashlib
import re
import secrets
from typing import Final

from contract.limits import MAX_AGENT_LENGTH

MAX_WORKSPACE_ID_LENGTH: Final = 64

SECRET_BYTES: Final = 32
"""Of a secret, which is random: its hash need not be slow."""

WORKSPACE_HEADER: Final = "longrun-workspace"
SECRET_HEADER: Final = "longrun-secret"  # noqa: S105  the name of a header
"""Headers of a request about a run. The header authorization belongs to Signature Version 4."""

_OWNER_PREFIX: Final = "workspace:"
_WORKSPACE_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_WORKSPACE_ID_LENGTH - 1}}}")
_AGENT: Final = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{MAX_AGENT_LENGTH - 1}}}")

WORKSPACE_FORM: Final = f"use 1 to {MAX_WORKSPACE_ID_LENGTH} letters, digits, hyphens or underscores"
AGENT_FORM: Final = f"use 1 to {MAX_AGENT_LENGTH} letters, digits, hyphens, underscores or dots"
"""The forms in words, for messages."""


def is_workspace_id(value: str) -> bool:
    return _WORKSPACE_ID.fullmatch(value) is not None


def is_workspace_agent(value: str) -> bool:
    """Whether an agent of this name can stand in the path of a URL."""
    return _AGENT.fullmatch(value) is not None


def new_secret() -> str:
    """A secret in base64url, 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_hash(secret: str) -> str:
    """What is stored of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def workspace_owner(workspace_id: str) -> str:
    """The owner of the workspace's runs. No ARN and no token's owner begins so."""
    return f"{_OWNER_PREFIX}{workspace_id}"
