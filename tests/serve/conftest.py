"""What the tests of the server share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from valkey_server import MISSING, PROGRAM, ValkeyServer


@contextmanager
def _started() -> Iterator[ValkeyServer]:
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = ValkeyServer()
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def valkey_of_all() -> Iterator[ValkeyServer]:
    with _started() as server:
        yield server


@pytest.fixture
def valkey(valkey_of_all: ValkeyServer) -> ValkeyServer:
    """An empty Valkey that other tests use, too: it is not to be stopped."""
    with valkey_of_all.client as client:
        client.flushall()
    return valkey_of_all


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A Valkey that may be stopped."""
    with _started() as server:
        yield server
