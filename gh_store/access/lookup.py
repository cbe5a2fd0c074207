"""Look-up: labels nominate the issues that may hold an object, authority admits one of them."""

from dataclasses import replace

from gh_store.access.repository import Repository
from gh_store.domain.commands import command
from gh_store.domain.exceptions import DuplicateUIDError, ObjectNotFound
from gh_store.issues.chain import Chains
from gh_store.issues.object_issue import ObjectIssue


def find(repo: Repository, object_id: str) -> ObjectIssue:
    """
    The issue that holds an object.

    Raises:
        ObjectNotFound: There is none, which is proved; or it was deleted, or nobody who counts has opened it.
        DuplicateUIDError: There are several, and none of them goes first.
    """
    head = repo.issues.known(object_id)
    if head is None or not repo.authority.confirms(head):
        head = _searched(repo, object_id)
    repo.index.remember(head)
    return head


def _searched(repo: Repository, object_id: str) -> ObjectIssue:
    active, authority = repo.issues.search(object_id), repo.authority
    if not active:
        raise ObjectNotFound(f"There is no object {object_id!r}.")
    complete = [head for head in active if not head.incomplete]
    held = authority.contenders(Chains(complete, authority.earliest).current() or active[:1])
    if not held:
        left = still_held(repo, active[0])
        if left is None:
            raise unconfirmed(active[0])
        return left
    if len(held) > 1 and any(head.after for head in held):  # one could be a rival of another's forebears
        issues = [each for each in repo.issues.issues_of(held[0]) if not each.incomplete]
        held = authority.contenders(Chains(issues, authority.earliest).current())
    if len(held) != 1:
        numbers = tuple(head.number for head in held)
        raise DuplicateUIDError(
            f"The issues {', '.join(map(str, numbers))} all claim to be {object_id!r}.",
            issue_numbers=numbers,
            hint=f"{command('repair', object_id)} keeps the first, and withdraws the others.",
        )
    return held[0]


def still_held(repo: Repository, nominated: ObjectIssue) -> ObjectIssue | None:
    """The retired issue that the seal still names: who opened the next one has left before that was committed."""
    seal = nominated.seal_in_force
    head = repo.issues.at(seal.issue) if seal is not None else None
    if head is None or not head.retired or head.object_id not in (None, nominated.object_id):
        return None
    named = replace(head, object_id=nominated.object_id)
    return named if named.seal is not None else None


def unconfirmed(head: ObjectIssue) -> ObjectNotFound:
    """The error for whoever asks for an issue that labels nominate, and nobody who counts has opened."""
    return ObjectNotFound(
        f"Issue {head.number} has the labels of an object, but {author_of(head)}, who opened it, has no write "
        "permission.",
        hint=f"If it is the object, {command('adopt', head.object_id)} takes it over; else take its labels off.",
    )


def author_of(head: ObjectIssue) -> str:
    """Who opened an issue, for people."""
    return head.issue.author.login if head.issue.author is not None else "a deleted account"
