"""For how long a Wait waits, turn after turn: fixed, or by a formula over variables that the Wait itself counts up."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.aws_limits import STATE_HISTORY
from policies.rules.step_functions.states.formula import Formula, constant, formula
from policies.rules.step_functions.states.graph import State, handlers, placed
from policies.rules.step_functions.states.jsonata import is_expression
from policies.rules.values import number

_VARIABLE: Final = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Pause:
    """`seconds` of a Wait; `counted` is how the variables in it change with each turn, from their `first` values."""

    seconds: Formula
    counted: Mapping[str, Formula]
    first: Mapping[str, float]

    @property
    def longest(self) -> float:
        """Seconds that no turn waits longer than."""
        return self.seconds({}).high

    def events(self, per_turn: int, elsewhere: float, limit: float) -> float | None:
        """History events of a loop in `limit` seconds, each turn of which waits `elsewhere` elsewhere. None where the
        waits are not known; counting ends where a history is full."""
        if not self.counted:
            fixed = self.longest + elsewhere
            return per_turn * (limit / fixed) if fixed > 0 else None
        known, waited, events = dict(self.first), 0.0, 0
        while waited < limit and events < STATE_HISTORY.maximum:
            pause = self.seconds(known)
            changed = {name: count(known) for name, count in self.counted.items()}
            if not all(value.is_known for value in (pause, *changed.values())) or pause.low + elsewhere <= 0:
                return None
            waited, events = waited + pause.low + elsewhere, events + per_turn
            known = {name: value.low for name, value in changed.items()}
        return events


def pause_of(wait: State, first: Mapping[str, float]) -> Pause | None:
    """The pause of a Wait, None where it is not known; `first` is what the machine's variables begin with."""
    fixed = number(wait, "Seconds")
    if fixed is not None:
        return Pause(constant(fixed), {}, {})
    text = wait.get("Seconds")
    seconds = formula(text) if isinstance(text, str) and is_expression(text) else None
    if not isinstance(text, str) or seconds is None:
        return None
    names = [name for name in _VARIABLE.findall(text) if name in first]
    counts = {f"${name}": _assigned(wait, name) for name in names}
    counted = {name: found for name, found in counts.items() if found is not None}
    return Pause(seconds, counted, {name: first[name[1:]] for name in counted})


def first_values(definition: Mapping[str, object]) -> Mapping[str, float]:
    """The number that each variable is given, the least where there are several."""
    found: dict[str, float] = {}
    for state in placed(definition):
        for assign in _assigns(state.state):
            for name in assign:
                value = number(assign, name)
                if value is not None:
                    found[name] = min(value, found.get(name, value))
    return found


def _assigns(state: State) -> Iterator[Mapping[str, object]]:
    entries = [entry for field in ("Catch", "Choices") for _, entry in handlers(state, field)]
    for holder in (state, *entries):
        assign = holder.get("Assign")
        if isinstance(assign, Mapping):
            yield assign


def _assigned(wait: State, name: str) -> Formula | None:
    for assign in _assigns(wait):
        value = assign.get(name)
        if isinstance(value, str) and is_expression(value):
            return formula(value)
    return None
