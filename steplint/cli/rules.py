"""One run of `rule` from flags to exit code."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from steplint.cli import output
from steplint.cli.session import Session
from steplint.cli.stop import Stop
from steplint.model.rule import Rule


def run(session: Session, name: str | None, show_all: bool, format_name: str) -> int:
    """Print one rule, every rule, or the list of them."""
    from steplint.cache import Cache
    from steplint.project.rulesets import headline, ruleset

    rules = ruleset(session.loaded, Cache.open(None, "")).packs.rules
    ordered = sorted(rules.values(), key=lambda rule: rule.code)
    if name is not None:
        ordered = [_found(rules, name)]
    elif not show_all and format_name == "text":
        output.stdout("".join(f"{_marked(each)}{headline(each)}\n" for each in ordered))
        return 0
    if format_name == "json":
        facts = msgspec.json.encode([_facts(each) for each in ordered])
        output.stdout(msgspec.json.format(facts, indent=2).decode() + "\n")
    else:
        output.stdout("\n".join(each.text for each in ordered))
    return 0


def _found(rules: Mapping[str, Rule], name: str) -> Rule:
    from steplint.check.select import closest, find

    rule = find(name, rules)
    if rule is None:
        near = closest(name, rules)
        raise Stop(
            f"there is no rule `{name}`", f"did you mean `{near}`?" if near else "`steplint rule` lists all rules"
        )
    return rule


def _marked(rule: Rule) -> str:
    """Return code and name; a star for a rule that runs by default, `p` for one that is not stable yet."""
    mark = "p" if rule.preview else "*" if rule.default else " "
    return f"{rule.code} {mark} {rule.name:<30} "


def _facts(rule: Rule) -> dict[str, object]:
    facts: dict[str, object] = msgspec.to_builtins(rule)
    return {"name": rule.name, "code": rule.code, "group": rule.group, **facts}
