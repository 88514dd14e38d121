"""Which fields a state may have: AWS refuses those of the other query language, an emulator ignores some in silence."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.step_functions.graph import State

JSONPATH_FIELDS: Final = frozenset({"InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "Result"})
JSONATA_FIELDS: Final = frozenset({"Arguments", "Output"})
FOREIGN_FIELDS: Final[Mapping[str, frozenset[str]]] = {"JSONata": JSONPATH_FIELDS, "JSONPath": JSONATA_FIELDS}
"""By the query language of the state that may not have them."""

UNHEARD_RETRY: Final = ("MaxDelaySeconds", "JitterStrategy")
"""What an emulator's retries know nothing of: they wait as if it were not there."""


def foreign_fields(state: State, language: str) -> Iterator[str]:
    """Fields that belong to the other query language."""
    yield from sorted(FOREIGN_FIELDS.get(language, frozenset()) & set(state))


def unheard_fields(state: State) -> Iterator[str]:
    """Fields that AWS obeys and the sandbox does not, by their path in the state."""
    if state.get("Type") == "Succeed" and "Output" in state:
        yield "Output"
    retries = state.get("Retry")
    for index, retrier in enumerate(retries if isinstance(retries, list) else []):
        if isinstance(retrier, Mapping):
            yield from (f"Retry[{index}].{field}" for field in UNHEARD_RETRY if field in retrier)
