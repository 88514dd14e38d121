"""Validation of tags: what any of the services that get them would reject, with the provider's own tags."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import pulumi

from policies.rules.aws_limits import TAG_KEY, TAG_VALUE, TAGS

RESERVED: Final = ("aws:", "longrun:")
"""Prefixes of AWS's own tags and of Longrun's, in any case."""

_BLANKS: Final = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TEXT: Final = re.compile(rf"[\w{_BLANKS}.:/=+@-]*")
_ASCII_TEXT: Final = re.compile(r"[\w .:/=+@-]*", re.ASCII)
_CHARACTERS: Final = "letters, digits, spaces and . : / = + @ - _"
_ASCII_CHARACTERS: Final = "letters (A to Z, which AgentCore demands), digits, spaces and . : / = + @ - _"
_SHOWN: Final = 160


def tag_problems(tags: object, *, own: Collection[str] = (), is_ascii: bool = False) -> list[str]:
    """One message for each tag that AWS would reject; a value that is not known yet is skipped.

    `own` are the tags that the component adds to a resource. `is_ascii` is for resources of Bedrock AgentCore, which
    accepts no other letters.
    """
    if not isinstance(tags, Mapping):
        return []
    default = default_tags()
    return [
        *(problem for name, value in tags.items() for problem in _one_tag(str(name), value, is_ascii)),
        *_same_names([str(name) for name in tags], default),
        *_count_problems({str(name) for name in tags}, default, own),
    ]


def default_tags() -> list[str]:
    """The names of the tags that the AWS provider adds to every resource, by aws:defaultTags."""
    try:
        given = json.loads(pulumi.Config("aws").get("defaultTags") or "{}")
    except ValueError:
        return []
    tags = given.get("tags") if isinstance(given, dict) else None
    return [str(name) for name in tags] if isinstance(tags, dict) else []


def _one_tag(name: str, value: object, is_ascii: bool) -> Iterator[str]:
    form, characters = (_ASCII_TEXT, _ASCII_CHARACTERS) if is_ascii else (_TEXT, _CHARACTERS)
    shown = repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")
    prefix = next((prefix for prefix in RESERVED if name.lower().startswith(prefix)), None)
    if prefix is not None:
        owner = "AWS" if prefix == "aws:" else "Longrun"
        yield f"tags has the name {shown}; allowed: a name not starting with {prefix}, which is reserved for {owner}"
    elif not TAG_KEY.allows(len(name)) or not form.fullmatch(name) or name != name.strip():
        yield f"tags has the name {shown}; allowed: {TAG_KEY.minimum} to {TAG_KEY.maximum} {characters}, none around it"
    elif isinstance(value, str) and not (TAG_VALUE.allows(len(value)) and form.fullmatch(value)):
        yield f"tags.{name} is {value[:_SHOWN]!r}; allowed: up to {TAG_VALUE.maximum} {characters}"
    elif isinstance(value, str) and value.lower().startswith("aws:"):
        yield f"tags.{name} is {value!r}; allowed: a value not starting with aws:, which is reserved for AWS"


def _same_names(names: list[str], default: list[str]) -> Iterator[str]:
    """IAM ignores the case of tag names and rejects a role that has one twice."""
    known = {name.lower(): (name, "aws:defaultTags") for name in default}
    for name in names:
        other, source = known.setdefault(name.lower(), (name, "tags"))
        if other != name:
            yield (
                f"tags has the name {name!r}, and {source} has {other!r}; allowed: names that differ in more than "
                "case, which IAM ignores"
            )


def _count_problems(names: set[str], default: list[str], own: Collection[str]) -> Iterator[str]:
    count = len({*names, *default, *own})
    if not TAGS.allows(count):
        added = [*(["aws:defaultTags"] if default else []), *own]
        with_others = f", {count} with {' and '.join(added)}" if added else ""
        yield f"tags holds {len(names)} tags{with_others}; allowed: {TAGS.maximum} on one resource"
