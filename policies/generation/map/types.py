"""Which CloudFormation type a Pulumi type is: by its name, then by what both take. Development time only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.cloudformation.mapping import LEFT_OUT
from policies.generation.map.matching import Matcher
from policies.generation.map.names import likeness, plain, singular, words
from policies.generation.map.overlay import Overlay, TypeOverlay
from policies.generation.map.references import References
from policies.generation.map.schemas import Schema, Schemas
from policies.generation.map.sdk import Sdk

SAME_NAME: Final = 1.0
LIKE_NAME: Final = 0.6
SAME_NAME_SHARE: Final = 0.4
LIKE_NAME_SHARE: Final = 0.6
"""How like the names must be, and which share of the inputs must be found: less of the one asks more of the other."""


@dataclass(frozen=True, slots=True)
class Match:
    """A Pulumi type and its CloudFormation type. `likeness` of the names and `share` of the inputs found are 0 … 1;
    `complete` means that everything CloudFormation requires is among them."""

    token: str
    schema: Schema
    likeness: float
    share: float
    complete: bool
    matcher: Matcher

    @property
    def is_safe(self) -> bool:
        if self.likeness >= SAME_NAME:
            return self.share >= SAME_NAME_SHARE
        return self.likeness >= LIKE_NAME and self.share >= LIKE_NAME_SHARE and self.complete


class TypeMatcher:
    """The types of an SDK against the types of CloudFormation."""

    def __init__(self, sdk: Sdk, schemas: Schemas, overlay: Overlay) -> None:
        self._sdk = sdk
        self._schemas = schemas
        self._overlay = overlay
        self._references = References(schemas, overlay)

    def matches(self) -> list[Match]:
        """Every type that the overlay gives or that its names give safely, in the order of the tokens."""
        return [match for match in map(self.match, self._sdk.resources) if match is not None]

    def match(self, token: str) -> Match | None:
        reviewed = self._overlay.types.get(token, TypeOverlay())
        if reviewed.type == "":
            return None
        if reviewed.type is not None:
            return self._match(token, self._schemas.types[reviewed.type], SAME_NAME)
        found = [self._match(token, schema, score) for schema, score in self.candidates(token) if score >= LIKE_NAME]
        safe = sorted((match for match in found if match.is_safe), key=lambda match: (-match.likeness, -match.share))
        return safe[0] if safe else None

    def candidates(self, token: str) -> Iterator[tuple[Schema, float]]:
        """The types of the same service, each with the likeness of its name."""
        module, name = token_names(token)
        services = self._overlay.services.get(module)
        for cfn_type, schema in self._schemas.types.items():
            _, service, cfn_name = cfn_type.split("::")
            if service in services if services is not None else service.lower() == module:
                yield schema, _likeness(module, name, service, cfn_name)

    def _match(self, token: str, schema: Schema, score: float) -> Match:
        reviewed = self._overlay.types.get(token, TypeOverlay())
        matcher = Matcher(self._sdk, schema, reviewed, self._overlay, self._references)
        shape = self._sdk.resources[token]
        matcher.match(shape, _owners(token, schema))
        share = _share(self._sdk.shapes[shape], matcher)
        return Match(token, schema, score, share, _is_complete(schema, matcher), matcher)


def _owners(token: str, schema: Schema) -> tuple[str, ...]:
    """What a property's name may begin with: MetricFilter has a FilterName, LogGroup a LogGroupName."""
    cfn_name = schema.type.rpartition("::")[2]
    return cfn_name, token_names(token)[1], words(cfn_name)[-1].capitalize()


def token_names(token: str) -> tuple[str, str]:
    """`aws:sqs/queue:Queue` is sqs and Queue."""
    _, module, name = token.split(":")
    return module.partition("/")[0], name


def said_name(module: str, name: str, service: str) -> str:
    """The name with the words of the module: ec2transitgateway's Route is EC2's TransitGatewayRoute."""
    begin = module.removeprefix(service.lower()) if module.startswith(service.lower()) else ""
    return name if plain(name).startswith(begin) else f"{begin.capitalize()}{name}"


def _likeness(module: str, name: str, service: str, cfn_name: str) -> float:
    """1 for the same name, with or without the service's before it: EventArchive is the Archive of Events."""
    name = said_name(module, name, service)
    mine = {plain(name), singular(name), plain(name).removeprefix(module)}
    theirs = {plain(cfn_name), singular(cfn_name), plain(cfn_name).removeprefix(module)}
    parts = words(service)
    for start in range(len(parts)):
        prefix = "".join(parts[start:])
        theirs |= {plain(prefix + cfn_name), plain(singular(prefix) + cfn_name)}
    return SAME_NAME if (mine & theirs) - {""} else likeness(name, cfn_name)


def _share(inputs: Mapping[str, object], matcher: Matcher) -> float:
    own = matcher.shapes[0]
    judged = [name for name in inputs if own.get(name) != LEFT_OUT]
    return sum(name in own for name in judged) / len(judged) if judged else 0.0


def _is_complete(schema: Schema, matcher: Matcher) -> bool:
    return all(
        any(path == f"/{name}" or path.startswith(f"/{name}/") for path in matcher.paths)
        for name in schema.required(schema.document) & schema.properties.keys()
    )
