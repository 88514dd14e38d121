"""Replaces parts of MiniStack's API Gateway v2: tags, settings that it drops, and deletions."""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Final

from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer, Json

_REPLACED: Final = {
    "_create_api": "(data)",
    "_create_integration": "(api_id, data)",
    "_create_stage": "(api_id, data)",
    "_delete_integration": "(api_id, int_id)",
    "_delete_route": "(api_id, route_id)",
    "_delete_stage": "(api_id, stage_name)",
    "_update_api": "(api_id, data)",
    "_update_integration": "(api_id, int_id, data)",
    "_update_stage": "(api_id, stage_name, data)",
    "handle_request": "(method, path, headers, body, query_params)",
}
_USED: Final = (
    "_api_arn",
    "_api_resource_arn",
    "_api_tags",
    "_apigw_error",
    "_apigw_response",
    "_apis",
    "_integrations",
    "_require_api",
    "_routes",
    "_stages",
)

_DROPPED: Final = {
    "api": ("ipAddressType",),
    "integration": (
        "connectionId",
        "credentialsArn",
        "integrationSubtype",
        "passthroughBehavior",
        "templateSelectionExpression",
        "tlsConfig",
    ),
}
"""Settings that MiniStack does not keep."""

_DEFAULTS: Final = {"ipAddressType": "ipv4"}
_PAYLOAD: Final = "payloadFormatVersion"
_UNVERSIONED: Final = "1.0"
"""The format of payloads of an integration that names none."""

_STAGE_SETTING: Final = 6
"""Parts of a path like v2/apis/<id>/stages/<name>/accesslogsettings."""


class GatewayApis:
    """The replacements, with the names of the functions that they replace."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._original = {name: self._names[name] for name in _REPLACED}

    def create_api(self, data: Json) -> Answer:
        """Lets the API show the tags that it gets later: MiniStack keeps those apart."""
        answer: Answer = self._original["_create_api"](data)
        if not _is_success(answer):
            return answer
        api = self._names["_apis"][json.loads(answer[2])["apiId"]]
        api |= _DEFAULTS | _named(data, _DROPPED["api"])
        self._names["_api_tags"][self._names["_api_arn"](api["apiId"])] = api["tags"]
        return self._shown(api, answer)

    def update_api(self, api_id: str, data: Json) -> Answer:
        answer: Answer = self._original["_update_api"](api_id, data)
        if not _is_success(answer):
            return answer
        api = self._names["_apis"][api_id]
        api |= _named(data, _DROPPED["api"])
        return self._shown(api, answer)

    def create_integration(self, api_id: str, data: Json) -> Answer:
        answer: Answer = self._original["_create_integration"](api_id, {_PAYLOAD: _UNVERSIONED, **data})
        if not _is_success(answer):
            return answer
        made = self._names["_integrations"][api_id][json.loads(answer[2])["integrationId"]]
        made |= _named(data, _DROPPED["integration"])
        return self._shown(made, answer)

    def update_integration(self, api_id: str, int_id: str, data: Json) -> Answer:
        answer: Answer = self._original["_update_integration"](
            api_id, int_id, _without_empty(data, "requestParameters")
        )
        if not _is_success(answer):
            return answer
        found = self._names["_integrations"][api_id][int_id]
        found |= _named(data, _DROPPED["integration"])
        return self._shown(found, answer)

    def create_stage(self, api_id: str, data: Json) -> Answer:
        """See create_api."""
        answer: Answer = self._original["_create_stage"](api_id, data)
        if _is_success(answer):
            stage = self._names["_stages"][api_id][json.loads(answer[2])["stageName"]]
            self._names["_api_tags"][self._names["_api_resource_arn"](api_id, "stages", stage["stageName"])] = stage[
                "tags"
            ]
        return answer

    def update_stage(self, api_id: str, stage_name: str, data: Json) -> Answer:
        answer: Answer = self._original["_update_stage"](api_id, stage_name, _without_empty(data, "stageVariables"))
        return answer

    def delete_route(self, api_id: str, route_id: str) -> Answer:
        return self._delete("_delete_route", "_routes", api_id, route_id)

    def delete_integration(self, api_id: str, int_id: str) -> Answer:
        return self._delete("_delete_integration", "_integrations", api_id, int_id)

    def delete_stage(self, api_id: str, stage_name: str) -> Answer:
        return self._delete("_delete_stage", "_stages", api_id, stage_name)

    async def handle_request(
        self, method: str, path: str, headers: Json, body: Json, query_params: Mapping[str, Json]
    ) -> Json:
        """Removes one setting of a stage, for which MiniStack would remove the stage."""
        parts = path.strip("/").split("/")
        if method == "DELETE" and parts[:2] == ["v2", "apis"] and parts[3:4] == ["stages"]:
            if len(parts) == _STAGE_SETTING and parts[5] == "accesslogsettings":
                return self._delete_setting(parts[2], parts[4], "accessLogSettings")
            if len(parts) == _STAGE_SETTING + 1 and parts[5] == "routesettings":
                return self._delete_setting(parts[2], parts[4], "routeSettings", parts[6])
        return await self._original["handle_request"](method, path, headers, body, query_params)

    def _delete_setting(self, api_id: str, stage_name: str, setting: str, route_key: str = "") -> Answer:
        stage = self._names["_stages"].get(api_id, {}).get(stage_name)
        if stage is None:
            return self._not_found(f"Stage '{stage_name}'")
        if route_key:
            stage.get(setting, {}).pop(route_key, None)
        else:
            stage.pop(setting, None)
        return 204, {}, b""

    def _delete(self, name: str, store: str, api_id: str, key: str) -> Answer:
        """Reports what is not there, as AWS does."""
        missing: Answer | None = self._names["_require_api"](api_id)
        if missing is None and key not in self._names[store].get(api_id, {}):
            return self._not_found(f"{store.strip('_').capitalize()} {key}")
        answer: Answer = self._original[name](api_id, key)
        return answer

    def _not_found(self, what: str) -> Answer:
        answer: Answer = self._names["_apigw_error"]("NotFoundException", f"{what} not found", 404)
        return answer

    def _shown(self, record: Json, answer: Answer) -> Answer:
        shown: Answer = self._names["_apigw_response"](record, answer[0])
        return shown


def install(apigateway: ModuleType) -> None:
    """Replaces functions of `services.apigateway`. Raises ValueError for an unknown version of it."""
    require_known(apigateway, "API Gateway", _REPLACED, _USED)
    replace(apigateway, GatewayApis(apigateway), tuple(_REPLACED))


def _is_success(answer: Answer) -> bool:
    return answer[0] < 300  # noqa: PLR2004


def _named(data: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    return {name: data[name] for name in names if data.get(name) is not None}


def _without_empty(data: Mapping[str, Json], name: str) -> dict[str, Json]:
    """The request without the variables that it removes by an empty value."""
    if not isinstance(data.get(name), Mapping):
        return dict(data)
    return {**data, name: {key: value for key, value in data[name].items() if value != ""}}
