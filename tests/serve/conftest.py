"""What the tests of the server share."""

from collections.abc import Iterator

import pytest
from valkey_server import MISSING, PROGRAM, ValkeyServer


@pytest.fixture(scope="session")
def valkey_of_all() -> Iterator[ValkeyServer]:
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = ValkeyServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def valkey(valkey_of_all: ValkeyServer) -> ValkeyServer:
    """An empty Valkey that other tests use, too: it is not to be stopped."""
    with valkey_of_all.client as client:
        client.flushall()
    return valkey_of_all


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A Valkey that may be stopped."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = ValkeyServer()
    server.start()
    yield server
    server.close()
