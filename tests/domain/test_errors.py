"""One tree of errors, with the exit codes that the README promises."""

import pickle

import pytest

from gh_store.domain import exceptions
from gh_store.domain.exceptions import GitHubStoreError

CODES = {
    "AccessDeniedError": 5, "AccessError": 5, "AuthInvalid": 5, "AuthMissing": 5, "BackendUnavailable": 6, "ConcurrentUpdateError": 4, "ConfigurationError": 2,
    "DuplicateUIDError": 3, "GitHubStoreError": 1, "InsufficientScope": 5, "IntegrityError": 7, "InvalidInput": 2,
    "InvalidObject": 2, "InvalidObjectID": 2, "InvalidUpdate": 2, "LogFull": 2, "ObjectExists": 3, "ObjectNotFound": 3,
    "RateLimited": 6, "RepoNotFoundOrUnauthorized": 5, "ValueTooLarge": 2,
}  # fmt: skip
ERRORS = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def test_every_error_has_its_code():
    assert {kind.__name__: kind.exit_code for kind in ERRORS} == CODES


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_says_what_and_what_to_do_and_travels(kind):
    error = kind("What was wrong.")
    assert isinstance(error, GitHubStoreError)
    assert (str(error), error.message, error.rejected) == ("What was wrong.", "What was wrong.", False)
    assert error.hint
    assert kind("x", hint="do this").hint == "do this"
    error.rejected = True
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), vars(copy)) == (kind, vars(error))
