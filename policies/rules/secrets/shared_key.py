"""Secrets that another account reads: it cannot decrypt what AWS's own key encrypts."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.references import referred
from policies.rules.resource_policy import Statement, statements
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.secrets.secret import POLICY, SECRETS
from policies.rules.values import lookup, texts

_ACCOUNT: Final = re.compile(r"(?:arn:[a-z-]+:(?:iam|sts|secretsmanager):[^:]*:)?(?P<account>\d{12})(?::.*)?")
_OWN_KEY: Final = "alias/aws/secretsmanager"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    secrets = stack.of_type(SECRETS)
    for holder in (*secrets, *stack.of_type(POLICY)):
        named = lookup(holder.properties, "secretArn")
        secret = holder if holder.type == SECRETS else referred(holder, "secretArn", named, secrets)
        accounts = set(_accounts(named if isinstance(named, str) else ""))
        for statement in statements(document(lookup(holder.properties, "policy"))):
            accounts.update(_admitted(statement))
        if secret is not None and len(accounts) > 1 and lookup(secret.properties, "kmsKeyId") in (None, _OWN_KEY):
            yield secret, _finding(len(accounts), holder)


def _admitted(statement: Statement) -> Iterator[str]:
    """The accounts of the principals that a statement lets in."""
    if statement.get("Effect") == "Allow":
        for _, principal in texts(statement.get("Principal")):
            yield from _accounts(principal)


def _accounts(given: str) -> Iterator[str]:
    match = _ACCOUNT.fullmatch(given)
    if match is not None:
        yield match["account"]


def _finding(count: int, holder: Resource) -> Finding:
    return Finding(
        property="kmsKeyId",
        value=f"AWS's own key, while the policy of '{holder.name}' makes it a secret of {count} accounts",
        allowed="a key of yours, whose policy admits the other account",
        why="No other account may use AWS's own key: GetSecretValue ends in AccessDeniedException there",
        fix="Set kmsKeyId to a key of yours, and let its policy admit the account",
    )


RULE = StackRule(
    name="secret-shared-key",
    description="A secret that another account reads is encrypted by a key that the account may use.",
    remediation="Set kms_key_id to a key of your own, whose policy admits the other account.",
    check=_check,
)
