"""What a run may use, and which of its limits it has reached."""

from collections.abc import Mapping
from typing import Final

from runtime.react.environment import Budget
from runtime.tracing.labels import COST, usage_attributes

_MILLION: Final = 1_000_000

TURN_LIMIT: Final = "turn_limit"
TOKEN_BUDGET: Final = "token_budget"  # noqa: S105  a stop reason
COST_BUDGET: Final = "cost_budget"
LIMITS: Final = frozenset({TURN_LIMIT, TOKEN_BUDGET, COST_BUDGET})
"""Stop reasons of runs that have used up what they may."""


def limit_reached(budget: Budget, turn: int, usage: Mapping[str, int]) -> str:
    """The limit that forbids the model call of that turn, empty for none; `usage` is that of the turns before."""
    if turn > budget.turns:
        return TURN_LIMIT
    if budget.tokens and _tokens(usage) >= budget.tokens:
        return TOKEN_BUDGET
    if budget.cost and cost(budget, usage) >= budget.cost:
        return COST_BUDGET
    return ""


def cost(budget: Budget, usage: Mapping[str, int]) -> float:
    """USD, by the configured prices; tokens from a cache count as input."""
    priced = _input(usage) * budget.input_price + usage.get("output_tokens", 0) * budget.output_price
    return priced / _MILLION


def usage_of_turn(budget: Budget, before: Mapping[str, int], usage: Mapping[str, int]) -> dict[str, int | float]:
    """What one turn has used, for its span: `usage` is that of the run after it, `before` that of the run before."""
    used = {name: count - before.get(name, 0) for name, count in usage.items()}
    attributes: dict[str, int | float] = {**usage_attributes(used)}
    if budget.input_price or budget.output_price:
        attributes[COST] = cost(budget, used)
    return attributes


def limit_message(budget: Budget, reason: str, usage: Mapping[str, int]) -> str:
    """Why the run ends, for people."""
    kept = "what it wrote is kept; ask for less, or deploy with a higher limit"
    if reason == TURN_LIMIT:
        return f"the agent has used its {budget.turns} turns before it had an answer; {kept}"
    if reason == TOKEN_BUDGET:
        return f"the agent has used {_tokens(usage):,} of {budget.tokens:,} tokens before it had an answer; {kept}"
    return f"the agent has used {cost(budget, usage):.4f} of {budget.cost:.4f} USD before it had an answer; {kept}"


def _tokens(usage: Mapping[str, int]) -> int:
    return _input(usage) + usage.get("output_tokens", 0)


def _input(usage: Mapping[str, int]) -> int:
    return sum(usage.get(name, 0) for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens"))
