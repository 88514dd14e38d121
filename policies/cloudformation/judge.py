"""A template before AWS's engine and the published rules: one engine for the types present, kept for the next stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policies.cloudformation.engine import LIBRARY, Diagnostic, Engine, EvaluationError, UnavailableError
from policies.cloudformation.filters import DROPPED, Accepted, of_rule
from policies.cloudformation.preflight import DISTRIBUTION, REGION, Rule, RuleBase, read_rules
from policies.cloudformation.presence import Library


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that was reported of a template, the published rules it comes from and how each is taken. `problems`
    says what could not be judged."""

    diagnostics: tuple[Diagnostic, ...]
    rules: Mapping[str, Rule]
    accepted: Mapping[str, Accepted]
    problems: tuple[UnavailableError, ...]


@dataclass(frozen=True, slots=True)
class _Built:
    """An engine and the rules that it holds: all those about the types."""

    types: frozenset[str]
    rules: Mapping[str, Rule]
    engine: Engine


class Judge:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._built: dict[str | None, _Built] = {}
        self._accepted: dict[str, Accepted | None] = {}

    def judge(self, template: Mapping[str, Any], region: str | None) -> Judgement:
        """Raises UnavailableError where the engine itself is missing; without the published rules it judges alone."""
        region = region if region and REGION.fullmatch(region) else None
        built = self._prepared(frozenset(resource["Type"] for resource in template["Resources"].values()), region)
        _, problem = self._base
        problems = [problem] if problem else []
        try:
            diagnostics = built.engine.judge(template, region)
        except EvaluationError:
            diagnostics, failed = self._one_by_one(template, region, built.rules.values())
            problems.extend(failed)
        reported = {found.rule for found in diagnostics} & built.rules.keys()
        accepted = {name: how for name in reported if (how := self._how(built.rules[name])) is not None}
        return Judgement(diagnostics, built.rules, accepted, tuple(problems))

    @cached_property
    def _base(self) -> tuple[RuleBase, UnavailableError | None]:
        try:
            return read_rules(), None
        except UnavailableError as error:
            return RuleBase((), ()), error

    @cached_property
    def _library(self) -> Library:
        return Library(self._base[0].library)

    def _how(self, rule: Rule) -> Accepted | None:
        if rule.id not in self._accepted:
            self._accepted[rule.id] = of_rule(rule, self._library)
        return self._accepted[rule.id]

    def prepare(self, types: Iterable[str], region: str | None = None) -> None:
        """Builds at once the engine for templates with these CloudFormation types, where many are going to come."""
        self._prepared(frozenset(types), region)

    def _prepared(self, types: frozenset[str], region: str | None) -> _Built:
        built = self._built.get(region)
        if built is None or not types <= built.types:
            types |= built.types if built else frozenset()
            base, _ = self._base
            rules = {rule.id: rule for rule in base.of(types) if rule.id not in DROPPED}
            built = self._built[region] = _Built(types, rules, Engine(base.modules(rules.values(), region)))
        return built

    def _one_by_one(
        self, template: Mapping[str, Any], region: str | None, rules: Iterable[Rule]
    ) -> tuple[tuple[Diagnostic, ...], list[UnavailableError]]:
        """One rule that fails takes all others with it: so each service's rules are asked by themselves."""
        services: dict[str, list[Rule]] = {}
        for rule in rules:
            services.setdefault(rule.service, []).append(rule)
        base, _ = self._base
        asked = {f"{DISTRIBUTION}'s rules of {service}": base.modules(own, region) for service, own in services.items()}
        found: dict[Diagnostic, None] = {}
        failed: list[UnavailableError] = []
        for name, modules in {LIBRARY: (), **asked}.items():
            try:
                found.update(dict.fromkeys(Engine(modules).judge(template, region)))
            except EvaluationError as error:
                failed.append(UnavailableError(f"{name} failed: {error}", "Report it to those who publish it"))
        return tuple(found), failed
