"""All that is wrong with a definition, for who makes one: what AWS would reject when the state machine is created, and
what would fail much later, when a run is half done."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.step_functions.choice_rules import choice_findings
from policies.rules.step_functions.conditions_boolean import condition_findings
from policies.rules.step_functions.error_handlers import handler_findings
from policies.rules.step_functions.expressions_closed import expression_findings
from policies.rules.step_functions.heartbeat_in_time import heartbeat_findings
from policies.rules.step_functions.history_fits import history_findings
from policies.rules.step_functions.integration_patterns import pattern_findings
from policies.rules.step_functions.jsonata_supported import supported_findings
from policies.rules.step_functions.query_language import language_findings
from policies.rules.step_functions.seconds_in_range import seconds_findings
from policies.rules.step_functions.start_exists import start_findings
from policies.rules.step_functions.state_fields import field_findings
from policies.rules.step_functions.state_names import name_findings
from policies.rules.step_functions.state_types import type_findings
from policies.rules.step_functions.states_lead_on import lead_on_findings
from policies.rules.step_functions.states_reached import reachability_findings
from policies.rules.step_functions.task_catch import catch_findings
from policies.rules.step_functions.task_timeout import timeout_findings
from policies.rules.step_functions.task_token import token_findings
from policies.rules.step_functions.transitions_exist import transition_findings
from policies.rules.step_functions.variables_assigned import variable_findings
from policies.rules.step_functions.wait_time import wait_findings

JUDGES: Final[tuple[Callable[[Mapping[str, object]], Iterable[Finding]], ...]] = (
    start_findings,
    transition_findings,
    reachability_findings,
    lead_on_findings,
    type_findings,
    name_findings,
    field_findings,
    language_findings,
    expression_findings,
    supported_findings,
    variable_findings,
    choice_findings,
    condition_findings,
    wait_findings,
    seconds_findings,
    handler_findings,
    pattern_findings,
    token_findings,
    timeout_findings,
    heartbeat_findings,
    catch_findings,
    history_findings,
)


def definition_problems(definition: Mapping[str, object]) -> list[str]:
    """Returns a message for each part of the definition of a STANDARD state machine that AWS would reject, or by which
    a run could hang or be lost."""
    return [finding.explanation() for judge in JUDGES for finding in judge(definition)]
