"""What names of commits mean: branches and tags, where two branches parted, and which branch others merge into."""

from __future__ import annotations

from ..errors import UsageError
from .git import Repository, is_id

USUAL = ("main", "master", "trunk", "develop")  # what most repositories call the branch that others are merged into


def resolve(repository: Repository, ref: str) -> str:
    """The commit that a branch, tag or id means. Raises UsageError where there is none."""
    if not ref or ref.startswith("-") or any(sign.isspace() or not sign.isprintable() for sign in ref):
        raise UsageError(f"{ref!r} is not a name of a commit", "give a branch, a tag or a commit, as origin/main")
    done = repository.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", accept=(0, 1, 128))
    if done.returncode == 0:
        return done.stdout.decode().strip()
    if ref == "HEAD":
        raise UsageError("this repository has no commit yet", "commit first, or run without --base")
    raise UsageError(f"the base {ref} does not exist here", _fetch_of(repository, ref))


def merge_base(repository: Repository, ref: str) -> str:
    """The commit where HEAD and `ref` parted. Raises UsageError for an unknown ref and for a history cut short."""
    base, head = resolve(repository, ref), resolve(repository, "HEAD")
    done = repository.run("merge-base", head, base, accept=(0, 1))
    if done.returncode == 0:
        return done.stdout.decode().split("\n", 1)[0]
    if repository.run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
        raise UsageError(
            f"this shallow clone does not reach back to where this branch and {ref} parted",
            "git fetch --unshallow (in GitHub Actions: fetch-depth: 0 for actions/checkout)",
        )
    raise UsageError(f"this branch and {ref} have no commit in common", "name the branch it will be merged into")


def default_of(repository: Repository, remote: str) -> str | None:
    """The branch of a remote that others are merged into, by its name, as a clone or a fetch noted it."""
    ref = f"refs/remotes/{remote}/HEAD"
    return repository.run("symbolic-ref", "--short", "--quiet", ref, accept=(0, 1, 128)).stdout.decode().strip() or None


def shared_side(repository: Repository) -> str:
    """Which side of a merge others have: HEAD on the branch that branches are merged into, else MERGE_HEAD."""
    here = repository.run("symbolic-ref", "--short", "--quiet", "HEAD", accept=(0, 1)).stdout.decode().strip()
    names = {*USUAL, (default_of(repository, "origin") or "").partition("/")[2]}
    return "HEAD" if here and here in names else "MERGE_HEAD"


def _fetch_of(repository: Repository, ref: str) -> str:
    """The command that brings a missing ref."""
    if any(sign in ref for sign in "~^:@"):  # of a commit that is here: HEAD~9
        return "give a branch, a tag or a commit of `git log`; git fetch --unshallow brings all of a shallow clone"
    remotes = repository.run("remote").stdout.decode(errors="replace").split()
    if not remotes:
        return "give one of `git branch`, or a commit: this repository has no remote to fetch from"
    remotes.append("origin")
    remote, slash, branch = ref.partition("/")
    if not slash or remote not in remotes:
        remote, branch = "origin", ref
    if is_id(ref):
        return f"git fetch {remote} {ref}"
    # With the target named, it also works in a clone of a single branch, as CI makes them.
    return f"git fetch {remote} {branch}:refs/remotes/{remote}/{branch}" + (
        "" if ref.startswith(f"{remote}/") else f", then --base {remote}/{branch}"
    )
