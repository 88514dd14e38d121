"""Runs one example of the SDK's documentation as the engine would in a preview. Development time only."""

import ast
import asyncio
import builtins
import importlib
import inspect
import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection
from types import ModuleType, SimpleNamespace
from typing import Any, Final, get_args, get_origin

import pulumi
import pulumi_aws
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import run_in_stack
from pulumi.runtime.mocks import MockEngine, MockMonitor, MockSettings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import configure

from policies.rules.values import UNKNOWN_SENTINELS

KNOWN_LATER: Final = "told-by-the-deployment"
"""Stands for a text that a preview does not know; where it has got into a text or a document, none of that is known."""
UNKNOWN: Final = min(UNKNOWN_SENTINELS)
MARKS: Final = (KNOWN_LATER, "Calling __str__ on an Output", *UNKNOWN_SENTINELS)
AWS: Final = "aws:"
POLICY_DOCUMENT: Final = "aws:iam/getPolicyDocument:getPolicyDocument"


class Monitor(MockMonitor):
    """Stands in for the engine. It creates nothing, so a resource's outputs are its inputs."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # nothing here uses any mocks
        self.found: list[dict[str, Any]] = []

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type.startswith(AWS):
            properties = known(json_format.MessageToDict(request.object))
            self.found.append({"type": request.type, "name": request.name, "properties": properties})
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        answer = struct_pb2.Struct()
        answer.update(told(request.tok, json_format.MessageToDict(request.args)))
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})


def run(code: str, sender: Connection) -> None:
    """Sends the resources that the code registers, in a process that does nothing else; an empty list if it fails."""
    logging.disable()
    sys.stdout = sys.stderr = open("/dev/null", "w")  # noqa: SIM115, PTH123  for the rest of this process
    monitor = Monitor()
    settings = MockSettings(  # type: ignore[no-untyped-call]
        monitor=monitor,
        engine=MockEngine(None),
        project="example",
        stack="example",
        organization="example",
        root_directory=".",
        dry_run=True,
        callbacks=None,
    )
    configure(settings)
    json.dumps = partial(json.dumps, default=lambda _: KNOWN_LATER)
    sys.modules["pulumi_std"] = _Standard("pulumi_std")
    try:
        asyncio.run(run_in_stack(lambda: _execute(code)))
    except Exception:  # whatever a fragment lacks, there is nothing to record
        sender.send([])
    else:
        # They are registered in threads: each time in another order.
        sender.send(sorted(monitor.found, key=lambda found: (found["type"], found["name"], str(found["properties"]))))


def _execute(code: str) -> None:
    names = unbound(code)
    scope: dict[str, Any] = {name: later() for name in names}
    exec(compile(code, "example", "exec"), scope)  # noqa: S102  the documentation of a package that is installed


def unbound(code: str) -> set[str]:
    """Returns the names that a fragment reads and does not bind."""
    tree = ast.parse(code)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {alias.asname or alias.name.partition(".")[0] for node in ast.walk(tree) for alias in _aliases(node)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {node.id for node in names} - bound - set(vars(builtins))


def _aliases(node: ast.AST) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import | ast.ImportFrom) else []


def later() -> pulumi.Output[Any]:
    """A value that is known only after a deployment."""

    async def answer(value: object) -> object:
        return value

    loop = asyncio.get_event_loop()
    return pulumi.Output(
        set(),
        loop.create_task(answer(None)),
        loop.create_task(answer(False)),  # type: ignore[arg-type]
    )


def known(value: object) -> object:
    """Returns the value with UNKNOWN where it is known only after a deployment."""
    if isinstance(value, str):
        return UNKNOWN if any(mark in value for mark in MARKS) else value
    if isinstance(value, dict):
        return {key: known(member) for key, member in value.items()}
    if isinstance(value, list):
        return [known(member) for member in value]
    return value


def told(token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a function of the provider answers: texts that are known later, for everything that is a text."""
    if token == POLICY_DOCUMENT:
        return {"json": json.dumps(policy_document(arguments)), "id": KNOWN_LATER}
    package, place, name = token.split(":")
    if package != "aws":
        return {}
    steps = (pulumi_aws.__name__, _module(place.partition("/")[0]), _snake(name))
    module = importlib.import_module(".".join(step for step in steps if step))
    result = getattr(module, f"{name[0].upper()}{name[1:]}Result")
    members = inspect.getmembers(result, lambda member: isinstance(member, property))
    return {_wire(member): answer for _, member in members if (answer := _answer(_returned(member.fget))) is not None}


def policy_document(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The document that the provider makes of its own notation."""
    return {"Version": "2012-10-17", "Statement": [_statement(given) for given in arguments.get("statements", ())]}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    conditions: dict[str, dict[str, Any]] = {}
    for condition in given.get("conditions", ()):
        conditions.setdefault(condition["test"], {})[condition["variable"]] = condition["values"]
    statement = {
        "Sid": given.get("sid"),
        "Effect": given.get("effect", "Allow"),
        "Action": given.get("actions"),
        "NotAction": given.get("notActions"),
        "Resource": given.get("resources"),
        "NotResource": given.get("notResources"),
        "Principal": _principals(given.get("principals", ())),
        "NotPrincipal": _principals(given.get("notPrincipals", ())),
        "Condition": conditions,
    }
    return {name: value for name, value in statement.items() if value}


def _principals(given: Sequence[Mapping[str, Any]]) -> object:
    if [(one["type"], one["identifiers"]) for one in given] == [("*", ["*"])]:
        return "*"
    return {one["type"]: one["identifiers"] for one in given}


def _module(name: str) -> str:
    return {"lambda": "lambda_", "index": ""}.get(name, name)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _wire(member: property) -> str:
    return str(getattr(member.fget, "_pulumi_name", getattr(member.fget, "__name__", "")))


def _returned(getter: Callable[..., object] | None) -> object:
    return inspect.get_annotations(getter).get("return") if getter else None


def _answer(kind: object) -> object:
    text = str(kind)
    if kind is str or text in {"Optional[_builtins.str]", "_builtins.str", "typing.Optional[str]"}:
        return KNOWN_LATER
    if get_origin(kind) is not None and str in get_args(kind) and "Sequence" in text:
        return [KNOWN_LATER]
    return [KNOWN_LATER] if "Sequence[_builtins.str]" in text else None


class _Standard(ModuleType):
    """Stands in for the package of small functions that the examples use; their results are known later."""

    def __getattr__(self, name: str) -> Callable[..., SimpleNamespace]:
        def function(*_: object, **__: object) -> SimpleNamespace:
            return SimpleNamespace(result=KNOWN_LATER)

        return function
