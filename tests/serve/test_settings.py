"""What a server is told by options and variables; garbage is refused before anything begins."""

import ipaddress

import pytest
from loguru import logger

from gh_store import InvalidInput
from gh_store.serve import settings

GIVEN = {
    "host": "127.0.0.1", "port": 8080, "interval": None, "ttl": "10m", "cache": None, "read_only": False,
    "process": True, "public_reads": False, "allowed_host": (), "cors": (), "rate": None, "max_age": 0,
    "trusted_proxy": (),
}  # fmt: skip  # what the command gives where nobody says anything


def read(environ=None, **options):
    return settings.read({**GIVEN, **options}, environ or {})


def test_the_defaults():
    told = read({"HOME": "/nowhere"})
    assert (told.host, told.port, told.interval, told.ttl, told.rate, told.max_age) == (
        "127.0.0.1",
        8080,
        300,
        600,
        0,
        0,
    )
    assert (told.process, told.read_only, told.public_reads) == (True, False, False)
    assert told.cache.endswith("/.cache/gh-store/serve")
    assert (told.token, told.webhook_secret) == (None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("2d", 172_800), ("0", 0), ("45", 45), ("0s", 0)]
)
def test_durations(text, seconds):
    assert read(interval=text, ttl=text).interval == seconds == read(ttl=text).ttl


@pytest.mark.parametrize("text", ["", "5 m", "-1s", "1.5m", "m", "5M", "1e3", "99999999999", "400d", "٣", "5m\n"])
def test_what_is_no_duration(text):
    for option in ("interval", "ttl"):
        with pytest.raises(InvalidInput, match=f"--{option}") as raised:
            read(**{option: text})
        assert raised.value.exit_code == 2
        assert "90s" in raised.value.hint


def test_the_interval_of_the_environment():
    assert read({"GH_STORE_SYNC_INTERVAL": "1h"}).interval == 3600
    assert read({"GH_STORE_SYNC_INTERVAL": "1h"}, interval="90s").interval == 90
    assert read({"GH_STORE_SYNC_INTERVAL": ""}).interval == 300


def test_garbage_in_it_is_a_warning_and_the_default():
    said = []
    sink = logger.add(said.append, level="WARNING", format="{message}")
    logger.enable("gh_store")
    try:
        assert read({"GH_STORE_SYNC_INTERVAL": "often"}).interval == 300
    finally:
        logger.disable("gh_store")
        logger.remove(sink)
    assert len(said) == 1
    assert "GH_STORE_SYNC_INTERVAL" in said[0]
    assert "5m" in said[0]


def test_the_cache(tmp_path):
    assert read({"XDG_CACHE_HOME": str(tmp_path)}).cache == str(tmp_path / "gh-store" / "serve")
    assert not read({"XDG_CACHE_HOME": "relative"}).cache.startswith("relative")
    assert read({"GH_STORE_CACHE": "valkey://x"}).cache == "valkey://x"
    assert read({"GH_STORE_CACHE": "valkey://x"}, cache="y").cache == "y"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("", False), ("off", False)])  # fmt: skip
def test_read_only_of_the_environment(text, value):
    told = read({"GH_STORE_READ_ONLY": text})
    assert told.read_only is value
    assert told.process is not value, "--read-only never processes"


def test_no_process_and_read_only():
    assert not read(process=False).process
    assert not read(read_only=True).process


def test_secrets_come_from_variables_or_files(tmp_path):
    (tmp_path / "t").write_text("from-file\n")
    assert read({"GH_STORE_SERVE_TOKEN": "x" * 40}).token == "x" * 40
    assert read({"GH_STORE_SERVE_TOKEN_FILE": str(tmp_path / "t")}).token == "from-file"
    assert read({"GH_STORE_SERVE_TOKEN": ""}).token is None
    told = read({"GH_STORE_WEBHOOK_SECRET_FILE": str(tmp_path / "t"), "GH_STORE_SERVE_TOKEN": "hidden"})
    assert told.webhook_secret == "from-file"
    assert "from-file" not in repr(told)
    assert "hidden" not in repr(told)


@pytest.mark.parametrize(
    "environ",
    [
        {"GH_STORE_SERVE_TOKEN": "a", "GH_STORE_SERVE_TOKEN_FILE": "b"}, {"GH_STORE_SERVE_TOKEN_FILE": "/no/such"},
        {"GH_STORE_WEBHOOK_SECRET_FILE": "/"}, {"GH_STORE_SERVE_TOKEN": "to ken"}, {"GH_STORE_SERVE_TOKEN": "tökén"},
        {"GH_STORE_READ_ONLY": "maybe"}, {"GH_STORE_SERVE_TOKEN": "a\nb"},
        {"GH_STORE_APP_ID": "1"}, {"GH_STORE_APP_PRIVATE_KEY": "x"}, {"GH_STORE_APP_INSTALLATION_ID": "1"},
    ],
)  # fmt: skip  # an environment each
def test_garbage_in_the_environment(environ):
    with pytest.raises(InvalidInput) as raised:
        read(environ)
    assert raised.value.hint
    assert "ken" not in raised.value.message.removeprefix("GH_STORE_SERVE_TOKEN")


def test_names_origins_and_networks():
    told = read(
        allowed_host=("Data.Example", "10.1.2.3", "[::1]", "data.example."), cors=("https://Data.example:8443", "*"),
        trusted_proxy=("10.0.0.0/8", "::1"),
    )  # fmt: skip  # what may be repeated
    assert told.allowed_hosts == {"data.example", "10.1.2.3", "::1"}
    assert told.cors == {"https://data.example:8443", "*"}
    assert told.trusted_proxies == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("allowed_host", "https://x"), ("allowed_host", "a:80"), ("allowed_host", ""), ("allowed_host", "a/b"),
        ("cors", "data.example"), ("cors", "https://x/"), ("cors", "null"), ("cors", "https://*.x"),
        ("trusted_proxy", "10.0.0.1/8"), ("trusted_proxy", "proxy"), ("trusted_proxy", ""),
    ],
)  # fmt: skip  # garbage each
def test_garbage_in_options(option, value):
    with pytest.raises(InvalidInput, match=f"--{option.replace('_', '-')}"):
        read(**{option: (value,)})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "data.example", ""])
def test_others_write_with_a_token_or_not_at_all(host):
    with pytest.raises(InvalidInput, match="token"):
        read(host=host)
    with pytest.raises(InvalidInput, match="token"):
        read(host=host, public_reads=True)
    assert read(host=host, read_only=True).rate == settings.RATE
    told = read({"GH_STORE_SERVE_TOKEN": "t"}, host=host)
    assert told.rights.guards_reads


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_may_go_without(host):
    told = read(host=host)
    assert (told.rights.writable, told.rights.guards_reads, told.rate) == (False, False, 0)
    assert read(host=host, rate=5.0).rate == 5
