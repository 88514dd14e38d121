"""When two names mean the same: how Pulumi's `kmsMasterKeyId` and CloudFormation's `KmsMasterKeyId` are compared."""

import re
from collections.abc import Iterable

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+")


def words(name: str) -> list[str]:
    """The words of a name in lower case: `S3BucketName` is s, 3, bucket, name."""
    return [word.lower() for word in WORD.findall(name)]


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def singular(name: str) -> str:
    """The name without the mark of a plural, which Pulumi adds where a list may hold several."""
    name = plain(name)
    for plural, one in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ses", "se"), ("s", "")):
        if name.endswith(plural) and len(name) > len(plural) + 1 and not name.endswith("ss"):
            return name.removesuffix(plural) + one
    return name


def find(name: str, among: Iterable[str], owners: Iterable[str]) -> str | None:
    """The one of `among` that means the same: written alike, but for a plural, or with the owner's name before it.

    Never by its end (`role` is not `RoleArn`, `key` is not `KeyId`): half of such pairs are wrong.
    """
    among = list(among)
    for form in (plain, singular):
        wanted = [form(name), *(form(owner + name[:1].upper() + name[1:]) for owner in owners)]
        for want in wanted:
            if found := [other for other in among if form(other) == want]:
                return found[0]
        for owner in owners:
            if found := [other for other in among if form(owner + other) == form(name)]:
                return found[0]
    return None


def likeness(one: str, other: str) -> float:
    """0 … 1: the words that two names share, of all their words."""
    mine, theirs = ({singular(word) for word in words(name)} for name in (one, other))
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0
