"""Which fields a state may have: AWS rejects those of other types and of the other query language, an emulator ignores
some in silence."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.step_functions.states.graph import State, handlers

_COMMON: Final = frozenset({"Type", "Comment", "QueryLanguage"})
_PATHS: Final = frozenset({"InputPath", "OutputPath"})
_ONWARD: Final = frozenset({"Next", "End", "Output", "Assign", *_PATHS})
_WORK: Final = frozenset({"ResultPath", "ResultSelector", "Parameters", "Arguments", "Retry", "Catch", *_ONWARD})
_SECONDS: Final = frozenset({"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"})
_ITEMS: Final = frozenset(
    {
        *("ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "ItemReader", "ItemBatcher"),
        *("ResultWriter", "MaxConcurrency", "MaxConcurrencyPath", "Label"),
        *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        *("ToleratedFailureCount", "ToleratedFailureCountPath"),
    }
)
STATE_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "Pass": _COMMON | _ONWARD | {"Result", "ResultPath", "Parameters"},
    "Task": _COMMON | _WORK | _SECONDS | {"Resource", "Credentials"},
    "Wait": _COMMON | _ONWARD | {"Seconds", "Timestamp", "SecondsPath", "TimestampPath"},
    "Parallel": _COMMON | _WORK | {"Branches"},
    "Map": _COMMON | (_WORK - {"Arguments"}) | _ITEMS,
    "Choice": _COMMON | _PATHS | {"Output", "Assign", "Choices", "Default"},
    "Succeed": _COMMON | _PATHS | {"Output"},
    "Fail": _COMMON | {"Error", "Cause", "ErrorPath", "CausePath"},
}
"""By type of state."""

MACHINE_FIELDS: Final = frozenset({"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"})

JSONPATH_FIELDS: Final = frozenset(
    {"Parameters", "ResultSelector", "Result"}
    | {name for names in STATE_FIELDS.values() for name in names if name.endswith("Path")}
)
JSONATA_FIELDS: Final = frozenset({"Arguments", "Output", "Items"})
FOREIGN_FIELDS: Final[Mapping[str, frozenset[str]]] = {"JSONata": JSONPATH_FIELDS, "JSONPath": JSONATA_FIELDS}
"""By the query language of the state that may not have them."""

FOREIGN_CHOICE: Final[Mapping[str, str]] = {"JSONata": "Variable", "JSONPath": "Condition"}
"""The field of a choice that belongs to the other language, by the query language of the state."""


def foreign_fields(state: State, language: str) -> Iterator[str]:
    """Fields that belong to the other query language, by their path in the state."""
    yield from sorted(FOREIGN_FIELDS.get(language, frozenset()) & set(state))
    for path, choice in handlers(state, "Choices"):
        if (field := FOREIGN_CHOICE.get(language)) in choice:
            yield f"{path}.{field}"


def unheard_fields(state: State) -> Iterator[str]:
    """Fields that AWS obeys and the sandbox does not, by their path in the state."""
    if state.get("Type") == "Succeed" and "Output" in state:
        yield "Output"
