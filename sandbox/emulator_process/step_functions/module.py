"""MiniStack's module for the replacements: its names are looked up at every use, as its own code does."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, NoReturn, TypeAlias

from sandbox.emulator_process.emulated.known_module import require_known
from sandbox.emulator_process.emulated.replies import Json

Names: TypeAlias = dict[str, Any]
"""The module's own dictionary: assigning a name there replaces a function."""

REPLACED: Mapping[str, str] = {
    "_add_event": "(execution, event_type, details=None)",
    "_apply_state_assign": "(state_def, raw_input, ctx, result=None, error_output=None)",
    "_emit_execution_status_event": "(execution) -> None",
    "_call_lambda": "(func_ref, event)",
    "_create_state_machine": "(data)",
    "_delete_state_machine": "(data)",
    "_describe_state_machine": "(data)",
    "_error_matches": "(error_equals, error)",
    "_evaluate_jsonata": "(expression, raw_input, ctx=None, result=None, error_output=None)",
    "_evaluate_jsonata_choice_rule": "(rule, raw_input, ctx)",
    "_execute_task": "(state_def, raw_input, execution, ctx)",
    "_fail_execution": "(execution, error, cause)",
    "_find_matching_retrier": "(retriers, error, retry_counts)",
    "_invoke_resource": "(resource, input_data)",
    "_invoke_with_callback": "(resource, input_data, token, state_def)",
    "_list_tags_for_resource": "(data)",
    "_run_execution": "(exec_arn)",
    "_run_sub_machine": "(states, start_at, input_data, execution, ctx)",
    "_scaled_sleep": "(seconds)",
    "_send_task_failure": "(data)",
    "_send_task_heartbeat": "(data)",
    "_send_task_success": "(data)",
    "_start_execution": "(data)",
    "_stop_execution": "(data)",
    "_tag_resource": "(data)",
    "_untag_resource": "(data)",
    "_update_state_machine": "(data)",
    "_validate_state_machine_definition": "(data)",
}
"""The replaced functions with the parameters that the replacements expect."""

REPLACED_EVENTS: Mapping[str, str] = {"_put_events": "(data, allow_aws_source=False)"}
"""The same, of EventBridge."""

USED = (
    "_ExecutionError",
    "_SFN_WAIT_SCALE",
    "_apply_jsonata_template",
    "_execute_choice",
    "_execute_map",
    "_execute_parallel",
    "_execute_pass",
    "_execute_wait",
    "_executions",
    "_json_type",
    "_jsonata_state_field",
    "_resolve_path_or_ctx",
    "_resolve_state_machine_arn",
    "_state_machine_versions",
    "_state_machines",
    "_state_query_language",
    "_task_tokens",
    "_validate_definition_jsonata",
    "error_response_json",
    "json_response",
    "new_uuid",
    "now_iso",
)


def validate_modules(states: ModuleType, events: ModuleType) -> None:
    """Raises ValueError for modules that the replacements do not fit."""
    require_known(states, "Step Functions", REPLACED, USED)
    require_known(events, "EventBridge", REPLACED_EVENTS)


def is_jsonata(names: Names, state: Json, context: Json) -> bool:
    """Returns whether the state uses JSONata, by its own setting or its machine's."""
    return bool(names["_state_query_language"](state, context) == "JSONata")


def fail(names: Names, error: str, cause: str = "") -> NoReturn:
    """Raises the error as MiniStack's own code does, so that Retry and Catch apply."""
    raise names["_ExecutionError"](error, cause)
