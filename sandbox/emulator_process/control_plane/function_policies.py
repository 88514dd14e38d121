"""Replaces parts of MiniStack's Lambda: the policy of a function that has no permission."""

import json
from types import ModuleType
from typing import Any, Final

from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.emulated.replies import Answer

_REPLACED: Final = {
    "_get_policy": "(func_name: str, query_params: dict | None = None, path_qualifier: str | None = None)"
}
_USED: Final = ("error_response_json",)
_SUCCESS: Final = 200


class FunctionPolicies:
    """The replacements, with the names of the functions that they replace."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._original = {name: self._names[name] for name in _REPLACED}

    def get_policy(self, func_name: str, query_params: Any = None, path_qualifier: str | None = None) -> Answer:  # noqa: ANN401
        """Reports that there is no policy, where MiniStack returns one without statements."""
        answer: Answer = self._original["_get_policy"](func_name, query_params, path_qualifier)
        if answer[0] == _SUCCESS and not json.loads(json.loads(answer[2])["Policy"])["Statement"]:
            message = "No policy is associated with the given resource."
            answer = self._names["error_response_json"]("ResourceNotFoundException", message, 404)
        return answer


def install(lambda_svc: ModuleType) -> None:
    """Replaces functions of `services.lambda_svc`. Raises ValueError for an unknown version of it."""
    require_known(lambda_svc, "Lambda", _REPLACED, _USED)
    replace(lambda_svc, FunctionPolicies(lambda_svc), tuple(_REPLACED))
