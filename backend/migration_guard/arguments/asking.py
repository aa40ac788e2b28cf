"""What can be typed to be told something at once, by git's hooks or by a person."""

from __future__ import annotations

from .parsing import Commands


def add_heads(commands: Commands) -> None:
    commands.add_parser(
        "heads", help="list the revisions that nothing follows; more than one of a branch is exit code 1"
    )


def add_hook(commands: Commands) -> None:
    hook = commands.add_parser(
        "hook",
        help="what git's hooks ask besides `check`: before a push, after a checkout, a merge or a rebase",
        description="pre-push judges the commit that is pushed against the remote's main branch. post-checkout names "
        "the revisions that only one of the two branches has, post-merge warns of two heads; neither holds git up. "
        ".pre-commit-hooks.yaml has them ready for pre-commit.",
    )
    hook.add_argument("stage", choices=("pre-push", "post-checkout", "post-merge"), help="what git is doing")
    hook.add_argument("--base", metavar="REF", help="the branch to compare with (default: the remote's HEAD or main)")


def add_rules(commands: Commands) -> None:
    commands.add_parser("rules", help="list every rule and check")


def add_explain(commands: Commands) -> None:
    explain = commands.add_parser("explain", help="show the page of a rule")
    explain.add_argument("rule", metavar="ID", help="the id of a rule, such as multiple-heads")
