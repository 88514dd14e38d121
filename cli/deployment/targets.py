"""Finds the deployment of a command: the sandbox's, a stack's, or the one at an address."""

import os
import re
import shlex
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli.deployment.deployment import Deployment
from cli.deployment.stack_outputs import stack_outputs
from cli.errors import CliError, one_line
from cli.hidden_arguments import hide_argument
from cli.options import TargetOptions
from contract.loopback import LOOPBACK
from contract.sandbox_access import without_secret
from sandbox.lifecycle.commands import status
from sandbox.paths import default_state_dir
from sandbox.state import SandboxState

AUTHORIZATIONS = ("AWS_IAM", "JWT", "NONE")
AWS_HOST = re.compile(
    r"\.execute-api\.(?P<region>[a-z0-9-]+)\.(amazonaws\.(com(\.cn)?|eu)|api\.(aws|amazonwebservices\.(com\.cn|eu)))$"
)


def find_deployment(options: TargetOptions) -> Deployment:
    """The deployment that the options name; the sandbox's without options. CliError with what to do."""
    if options.stack and options.url:
        raise CliError("USAGE", "--stack and --url both name a deployment; give one of them")
    if options.authorization and options.authorization not in AUTHORIZATIONS:
        raise CliError("USAGE", f"--authorization is '{options.authorization}'; it can be AWS_IAM, JWT or NONE")
    if options.token:
        hide_argument(options.token)
        if not options.token.isascii() or any(character.isspace() for character in options.token):
            raise CliError("USAGE", "the token has blanks or other characters that no token has")
    found = _by_url(options.url, options) if options.url else None
    found = found or (_stack(options.stack, options) if options.stack else _sandbox(options))
    return replace(found, token=options.token or "")


def no_sandbox(folder: Path, state: Path | None) -> str:
    """The message for a missing sandbox. `state` is the folder as the user gave it, None for the default folder."""
    words = f" --state {shlex.quote(str(state))}" if state else ""
    return f"no sandbox is running in {folder}; start one with 'longrun up{words}'"


def ended_sandbox(deployment: Deployment, options: TargetOptions) -> str | None:
    """How the deployment's local sandbox ended, with its runs, and how to start another; None where the deployment is
    no sandbox of this machine, or accepts connections."""
    emulator = deployment.endpoint or _emulator_of(deployment.websocket_url)
    if emulator is None or not _refuses(emulator):
        return None
    state = status(options.state or default_state_dir())
    known = state.error if state and state.endpoint == emulator else None
    reason = f" ({one_line(known.partition('; start again')[0])})" if known else ""
    words = f" --state {shlex.quote(str(options.state))}" if options.state else ""
    again = f"'longrun up{words}'"
    if options.stack:
        again = f"'longrun up --empty{words}' and deploy with 'pulumi up --stack {options.stack}'"
    return f"the local sandbox has ended{reason}, and its runs with it; start one with {again} and ask again"


def _refuses(url: str) -> bool:
    """Whether nothing listens at the address."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1.0).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _by_url(url: str, options: TargetOptions) -> Deployment:
    parts, shown = urlsplit(url), without_secret(url)
    if shown != url:
        hide_argument(url)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise CliError("USAGE", f"--url is '{shown}'; it must be a WebSocket address that begins with wss:// or ws://")
    on_aws = AWS_HOST.search(parts.hostname)
    region = options.region or (on_aws["region"] if on_aws else None) or _environment_region()
    authorization = options.authorization or ("JWT" if options.token else "AWS_IAM" if on_aws else "NONE")
    if authorization == "AWS_IAM" and not region:
        raise CliError("USAGE", f"the region of {parts.hostname} is not known; give it with --region")
    emulator = _emulator_of(url)
    state = _sandbox_at(emulator, options.state or default_state_dir()) if emulator else None
    return Deployment(parts.hostname, url, authorization, region or "us-east-1", keys=state.keys if state else None)


def _stack(stack: str, options: TargetOptions) -> Deployment:
    outputs = stack_outputs(stack)
    endpoint = _emulator_of(str(outputs["websocket_url"]))
    state = _sandbox_at(endpoint, options.state or default_state_dir()) if endpoint else None
    return _by_outputs(f"stack '{stack}'", outputs, options, endpoint, state)


def _by_outputs(
    name: str, outputs: Mapping[str, Any], options: TargetOptions, endpoint: str | None, state: SandboxState | None
) -> Deployment:
    return Deployment(
        name=name,
        websocket_url=str(outputs["websocket_url"]),
        authorization=options.authorization or str(outputs.get("authorization", "AWS_IAM")),
        region=options.region or str(outputs.get("region") or _environment_region() or "us-east-1"),
        endpoint=endpoint,
        sidecar_url=state.sidecar_url if state else None,
        outputs=outputs,
        keys=state.keys if state else None,
    )


def _sandbox(options: TargetOptions) -> Deployment:
    folder = options.state or default_state_dir()
    state = status(folder)
    if state is None:
        raise CliError("NO_SANDBOX", no_sandbox(folder, options.state))
    if not state.running:
        reason = state.error or "it has ended"
        raise CliError("EMULATOR_DEAD", f"the sandbox in {folder} is not running: {reason}")
    if not state.websocket_url:
        raise CliError(
            "NO_DEPLOYMENT",
            f"the sandbox in {folder} was started empty, so nothing is deployed; "
            "deploy with 'pulumi up --stack local' and add --stack local here, or start again with 'longrun up'",
        )
    outputs = {"region": state.region, **state.outputs, "websocket_url": state.websocket_url}
    return _by_outputs(f"the sandbox in {folder}", outputs, options, state.endpoint, state)


def _emulator_of(url: str) -> str | None:
    """The emulator's address if the WebSocket address is one of its paths."""
    parts = urlsplit(without_secret(url))
    if parts.hostname in LOOPBACK and parts.path.startswith("/_aws/"):
        return f"http://{parts.netloc}"
    return None


def _sandbox_at(endpoint: str, folder: Path) -> SandboxState | None:
    """The sandbox of this folder if it is the one at that address."""
    state = status(folder)
    return state if state and state.running and state.endpoint == endpoint else None


def _environment_region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
