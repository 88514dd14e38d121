"""The reviewed part of the map: what no comparison of names can find out, from overlay.toml. Development time only."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

OVERLAY: Final = Path(__file__).with_name("overlay.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """Where a Pulumi property belongs, and how its value changes on the way. overlay.toml explains each."""

    path: str
    unset: tuple[Any, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    scale: float = 1
    json: bool = False
    own: bool = False
    item: Mapping[str, Any] = field(default_factory=dict)
    constant: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, given: str | Mapping[str, Any]) -> Self:
        return cls(path=given) if isinstance(given, str) else cls(**given)

    def changes(self) -> dict[str, Any]:
        """What the map has to keep beside the path."""
        changes = {
            "unset": list(self.unset),
            "values": dict(self.values),
            "scale": self.scale if self.scale != 1 else None,
            "item": dict(self.item),
            "constant": dict(self.constant),
            "json": self.own,
        }
        return {name: change for name, change in changes.items() if change}


@dataclass(frozen=True, slots=True)
class TypeOverlay:
    """One Pulumi type. `type` is its CloudFormation type: None leaves it to the names, "" means that there is none.

    `of` is the input that names the resource to which a sub-resource belongs, `at` the path there. `properties` and
    `ignore` are by dotted Pulumi path.
    """

    type: str | None = None
    of: str = ""
    at: str = ""
    properties: Mapping[str, Property] = field(default_factory=dict)
    ignore: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What holds for all types: `services` maps a module of the SDK to the services of CloudFormation; `synonyms` maps
    a property to the name that it has there; `ignore` maps one to the reason why it means nothing there; `operations`
    maps a type to the reason why its schema has another operation than the one in its name; `references` maps a
    CloudFormation property to the resource that it holds.
    """

    services: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, str]
    ignore: Mapping[str, str]
    operations: Mapping[str, str]
    references: Mapping[str, str]
    types: Mapping[str, TypeOverlay]


def read_overlay(path: Path = OVERLAY) -> Overlay:
    document = tomllib.loads(path.read_text())
    return Overlay(
        services={module: tuple(services) for module, services in document["services"].items()},
        synonyms=document["synonyms"],
        ignore=document["ignore"],
        operations=document["operations"],
        references=document["references"],
        types={token: _type(given, document) for token, given in document.items() if token.startswith("aws:")},
    )


def _type(given: Mapping[str, Any], document: Mapping[str, Any]) -> TypeOverlay:
    if "like" in given:
        return _type(document[given["like"]], document)
    if "type" not in given:
        raise ValueError(f"{OVERLAY.name}: what names its properties has to name its type too: {dict(given)}")
    properties = {name: Property.read(value) for name, value in given.get("properties", {}).items()}
    return TypeOverlay(**{**given, "properties": properties})
