"""Which CloudFormation type a Pulumi type is: by its name, then by what both take. Development time only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.cloudformation.matching import Matcher
from policies.cloudformation.names import likeness, plain, singular, words
from policies.cloudformation.overlay import Overlay, TypeOverlay
from policies.cloudformation.schemas import Schema, Schemas
from policies.cloudformation.sdk import Sdk

SAME_NAME: Final = 1.0
LIKE_NAME: Final = 0.6
SAME_NAME_SHARE: Final = 0.4
LIKE_NAME_SHARE: Final = 0.6
"""How like the names must be, and which share of the inputs must be found: less of the one asks more of the other."""


@dataclass(frozen=True, slots=True)
class Match:
    """A Pulumi type and its CloudFormation type. `likeness` of the names and `share` of the inputs found are 0 … 1;
    `complete` says that everything CloudFormation requires is among them."""

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


def matches(sdk: Sdk, schemas: Schemas, overlay: Overlay) -> list[Match]:
    """Every type that the overlay gives or that its names give safely, in the order of the tokens."""
    found = (match_type(token, sdk, schemas, overlay) for token in sdk.resources)
    return [match for match in found if match is not None]


def match_type(token: str, sdk: Sdk, schemas: Schemas, overlay: Overlay) -> Match | None:
    reviewed = overlay.types.get(token, TypeOverlay())
    if reviewed.type == "":
        return None
    if reviewed.type is not None:
        return _match(token, schemas.types[reviewed.type], SAME_NAME, sdk, overlay)
    found = [
        _match(token, schema, score, sdk, overlay)
        for schema, score in candidates(token, schemas, overlay)
        if score >= LIKE_NAME
    ]
    safe = sorted((match for match in found if match.is_safe), key=lambda match: (-match.likeness, -match.share))
    return safe[0] if safe else None


def candidates(token: str, schemas: Schemas, overlay: Overlay) -> Iterator[tuple[Schema, float]]:
    """The types of the same service, each with the likeness of its name."""
    module, name = token_names(token)
    services = overlay.services.get(module)
    for cfn_type, schema in schemas.types.items():
        _, service, cfn_name = cfn_type.split("::")
        if service in services if services is not None else service.lower() == module:
            yield schema, _likeness(module, name, service, cfn_name)


def token_names(token: str) -> tuple[str, str]:
    """`aws:sqs/queue:Queue` is sqs and Queue."""
    _, module, name = token.split(":")
    return module.partition("/")[0], name


def _likeness(module: str, name: str, service: str, cfn_name: str) -> float:
    """1 for the same name, with or without the service's before it: EventArchive is the Archive of Events."""
    mine = {plain(name), singular(name), plain(name).removeprefix(module)}
    theirs = {plain(cfn_name), singular(cfn_name), plain(cfn_name).removeprefix(module)}
    parts = words(service)
    for start in range(len(parts)):
        said = "".join(parts[start:])
        theirs |= {plain(said + cfn_name), plain(singular(said) + cfn_name)}
    return SAME_NAME if (mine & theirs) - {""} else likeness(name, cfn_name)


def _match(token: str, schema: Schema, score: float, sdk: Sdk, overlay: Overlay) -> Match:
    reviewed = overlay.types.get(token, TypeOverlay())
    matcher = Matcher(sdk, schema, reviewed, overlay.ignore, overlay.synonyms)
    _, name = token_names(token)
    shape = sdk.resources[token]
    cfn_name = schema.type.rpartition("::")[2]
    # MetricFilter has a FilterName, LogGroup a LogGroupName.
    last = "".join(words(cfn_name)[-1:]).capitalize()
    matcher.match(shape, (cfn_name, name, last))
    return Match(token, schema, score, _share(sdk.shapes[shape], matcher), _is_complete(schema, matcher), matcher)


def _share(inputs: Mapping[str, object], matcher: Matcher) -> float:
    own = matcher.shapes[0]
    judged = [name for name in inputs if own.get(name) != "-"]
    return sum(name in own for name in judged) / len(judged) if judged else 0.0


def _is_complete(schema: Schema, matcher: Matcher) -> bool:
    return all(
        any(path == f"/{name}" or path.startswith(f"/{name}/") for path in matcher.paths)
        for name in schema.required(schema.document) & schema.properties.keys()
    )
