"""Replaces parts of MiniStack's AgentCore: tags, and what an update leaves of the settings before it."""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Final
from urllib.parse import unquote

from policies.rules.aws_limits import AGENTCORE_DEFAULT_IDLE, AGENTCORE_DEFAULT_LIFETIME
from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer, Json

_REPLACED: Final = {
    "_create_agent_runtime": "(body)",
    "_create_agent_runtime_endpoint": "(runtime_id, body)",
    "_get_agent_runtime_endpoint": "(runtime_id, endpoint_name)",
    "_update_agent_runtime": "(runtime_id, body)",
    "handle_request": "(method, path, headers, body, query_params)",
}
_USED: Final = (
    "_arn_owner",
    "_endpoints",
    "_not_found",
    "_parse_body",
    "_resource_exists",
    "_runtimes",
    "_validation",
    "json_response",
)

_TAGS: Final = "_tags"
"""In a record of MiniStack, which hides keys with an underscore from its answers."""

_MOST_TAGS: Final = 50
_OPTIONAL: Final = (
    "authorizerConfiguration",
    "description",
    "environmentVariables",
    "filesystemConfigurations",
    "metadataConfiguration",
    "protocolConfiguration",
    "requestHeaderConfiguration",
)
"""Settings that UpdateAgentRuntime removes when it does not name them, because it replaces all of them."""


class AgentRuntimes:
    """The replacements, with the names of the functions that they replace."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._original = {name: self._names[name] for name in _REPLACED}

    def create_agent_runtime(self, body: Json) -> Answer:
        """Keeps the tags, and sets the limits of sessions that AWS sets."""
        data = self._names["_parse_body"](body)
        if problem := _tags_problem(data.get("tags")):
            return self._rejection(problem)
        answer: Answer = self._original["_create_agent_runtime"](_with_defaults(data))
        if answer[0] < 300:  # noqa: PLR2004  a success
            self._names["_runtimes"][json.loads(answer[2])["agentRuntimeId"]][_TAGS] = dict(data.get("tags") or {})
        return answer

    def update_agent_runtime(self, runtime_id: str, body: Json) -> Answer:
        """Removes the settings that the request does not name."""
        data = self._names["_parse_body"](body)
        answer: Answer = self._original["_update_agent_runtime"](runtime_id, _with_defaults(data))
        if answer[0] < 300:  # noqa: PLR2004  a success
            record = self._names["_runtimes"][runtime_id]
            # MiniStack has made the new version from what was left of the one before.
            snapshot = record["_versions"][record["agentRuntimeVersion"]]
            for name in _OPTIONAL:
                if data.get(name) is None:
                    record.pop(name, None)
                    snapshot.pop(name, None)
        return answer

    def create_agent_runtime_endpoint(self, runtime_id: str, body: Json) -> Answer:
        """Keeps the tags."""
        data = self._names["_parse_body"](body)
        if problem := _tags_problem(data.get("tags")):
            return self._rejection(problem)
        answer: Answer = self._original["_create_agent_runtime_endpoint"](runtime_id, body)
        if answer[0] < 300:  # noqa: PLR2004  a success
            self._names["_endpoints"][runtime_id][data["name"]][_TAGS] = dict(data.get("tags") or {})
        return answer

    def get_agent_runtime_endpoint(self, runtime_id: str, endpoint_name: str) -> Answer:
        """Leaves an empty description out: AWS returns one only where it is set."""
        status, headers, body = self._original["_get_agent_runtime_endpoint"](runtime_id, endpoint_name)
        found = json.loads(body)
        if found.get("description") == "":
            del found["description"]
        return status, headers, json.dumps(found).encode()

    async def handle_request(
        self, method: str, path: str, headers: Json, body: Json, query_params: Mapping[str, Json]
    ) -> Json:
        """Answers the three operations on tags."""
        if path.startswith("/tags/"):
            return self._handle_tags(method, unquote(path.removeprefix("/tags/")), body, query_params)
        return await self._original["handle_request"](method, path, headers, body, query_params)

    def _handle_tags(self, method: str, arn: str, body: Json, query: Mapping[str, Json]) -> Answer:
        tags = self._tags_of(arn)
        if tags is None:
            answer: Answer = self._names["_not_found"](f"Resource {arn} not found")
            return answer
        if method == "GET":
            return self._success({"tags": tags})
        if method == "POST":
            given = self._names["_parse_body"](body).get("tags")
            if problem := _tags_problem({**tags, **given} if isinstance(given, dict) else given):
                return self._rejection(problem)
            tags.update(given or {})
        elif method == "DELETE":
            asked = query.get("tagKeys", [])
            for key in [asked] if isinstance(asked, str) else asked:
                tags.pop(key, None)
        else:
            return self._rejection(f"{method} is not an operation on tags")
        return self._success({})

    def _tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of a runtime or an endpoint, which the caller may change; None where there is none."""
        owner = self._names["_arn_owner"](arn)
        if owner is None or not self._names["_resource_exists"](arn, *owner):
            return None
        runtimes = self._names["_runtimes"].values_scoped(*owner)
        groups = self._names["_endpoints"].values_scoped(*owner)
        records = [*runtimes, *(endpoint for group in groups for endpoint in group.values())]
        ours = ("agentRuntimeEndpointArn", "agentRuntimeArn")
        record = next(one for one in records if next(one[key] for key in ours if key in one) == arn)
        found: dict[str, str] = record.setdefault(_TAGS, {})
        return found

    def _success(self, data: Json) -> Answer:
        answer: Answer = self._names["json_response"](data)
        return answer

    def _rejection(self, message: str) -> Answer:
        answer: Answer = self._names["_validation"](message)
        return answer


def install(agentcore: ModuleType) -> None:
    """Replaces functions of `services.bedrock_agentcore`. Raises ValueError for an unknown version of it."""
    require_known(agentcore, "AgentCore", _REPLACED, _USED)
    replace(agentcore, AgentRuntimes(agentcore), tuple(_REPLACED))


def _with_defaults(data: Json) -> bytes:
    """The request with the limits of sessions that AWS sets: a short lifetime lowers the default of the idle limit."""
    given = {name: value for name, value in (data.get("lifecycleConfiguration") or {}).items() if value is not None}
    lifetime = given.get("maxLifetime", AGENTCORE_DEFAULT_LIFETIME)
    limits = {"idleRuntimeSessionTimeout": min(AGENTCORE_DEFAULT_IDLE, lifetime), "maxLifetime": lifetime, **given}
    return json.dumps({**data, "lifecycleConfiguration": limits}).encode()


def _tags_problem(tags: Json) -> str:
    if tags is None:
        return ""
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        return "tags must be a map of texts"
    return f"a resource has at most {_MOST_TAGS} tags" if len(tags) > _MOST_TAGS else ""
