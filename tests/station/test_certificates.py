"""The station's own authority: believed by a tablet that took it, for private names alone, renewed in time."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.certificates import Authority, own_names

NOW = datetime.now(UTC)  # the TLS library judges by the machine's clock
EVERYWHERE = "0.0.0.0"  # noqa: S104  named, not bound
NAMES = ("gate-1.local", "localhost", "127.0.0.1")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.open(tmp_path / "tls", "lane 1", NOW)


def handshake(server: ssl.SSLContext, trusted: Authority, name: str) -> None:
    """Shake hands as a tablet does that trusts `trusted` and calls the station `name`."""
    client = ssl.create_default_context(cadata=trusted.pem.decode())
    here, there = socket.socketpair()

    def answer() -> None:
        try:
            with server.wrap_socket(there, server_side=True) as line:
                line.recv(1)
        except OSError:
            there.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(here, server_hostname=name) as line:
            line.send(b"x")
    finally:
        here.close()
        thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_a_tablet_that_took_the_authority_believes_the_station(authority: Authority, name: str) -> None:
    handshake(authority.server_context(NAMES, NOW), authority, name)


def test_a_tablet_that_took_another_does_not(authority: Authority, tmp_path: Path) -> None:
    other = Authority.open(tmp_path / "other", "lane 1", NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority.server_context(NAMES, NOW), other, "localhost")


def test_the_authority_vouches_for_nothing_on_the_internet(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(authority.server_context(("bank.example.com",), NOW), authority, "bank.example.com")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(authority.server_context(("93.184.216.34",), NOW), authority, "93.184.216.34")


def test_the_authority_and_its_fingerprint_stay_across_restarts(authority: Authority) -> None:
    again = Authority.open(authority.folder, "renamed", NOW + timedelta(days=400))
    assert again.fingerprint == authority.fingerprint
    assert len(again.fingerprint.split(":")) == 32


def test_the_servers_certificate_is_kept_until_its_end_is_near_or_its_names_change(authority: Authority) -> None:
    file = authority.folder / "server.crt"
    authority.server_context(NAMES, NOW)
    first = file.read_bytes()
    authority.server_context(NAMES, NOW + timedelta(days=200))
    assert file.read_bytes() == first
    authority.server_context(NAMES, NOW + timedelta(days=310))
    second = file.read_bytes()
    assert second != first
    authority.server_context((*NAMES, "10.1.2.3"), NOW + timedelta(days=310))
    assert file.read_bytes() != second


def test_a_clock_that_fell_back_gets_a_certificate_of_its_own_time(authority: Authority) -> None:
    file = authority.folder / "server.crt"
    authority.server_context(NAMES, NOW)
    first = file.read_bytes()
    authority.server_context(NAMES, NOW - timedelta(days=200))
    assert file.read_bytes() != first


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
@pytest.mark.parametrize("name", ["server.crt", "server.key"])
def test_a_damaged_certificate_of_the_server_is_made_anew(authority: Authority, name: str, content: bytes) -> None:
    authority.server_context(NAMES, NOW)
    (authority.folder / name).write_bytes(content)
    handshake(authority.server_context(NAMES, NOW), authority, "localhost")


@pytest.mark.parametrize("name", ["authority.crt", "authority.key"])
def test_a_damaged_authority_is_kept_aside_and_the_station_speaks_by_a_new_one(authority: Authority, name: str) -> None:
    authority.server_context(NAMES, NOW)
    (authority.folder / name).write_bytes(b"ruined")
    again = Authority.open(authority.folder, "lane 1", NOW)
    assert again.fingerprint != authority.fingerprint
    assert [file.read_bytes() for file in authority.folder.glob(f"{name}.damaged-*")] == [b"ruined"]
    handshake(again.server_context(NAMES, NOW), again, "localhost")


def test_a_key_that_is_another_certificates_is_no_key(authority: Authority, tmp_path: Path) -> None:
    other = Authority.open(tmp_path / "other", "lane 1", NOW)
    (authority.folder / "authority.key").write_bytes((other.folder / "authority.key").read_bytes())
    assert Authority.open(authority.folder, "lane 1", NOW).fingerprint != authority.fingerprint


def test_keys_are_for_their_owner_only(authority: Authority) -> None:
    authority.server_context(NAMES, NOW)
    for key in ("authority.key", "server.key"):
        assert (authority.folder / key).stat().st_mode & 0o777 == 0o600


def test_the_station_is_called_by_its_name_its_private_addresses_and_what_is_set() -> None:
    names = own_names(EVERYWHERE, ("gate.lan",))
    assert {"localhost", "127.0.0.1", "gate.lan", f"{socket.gethostname().split('.')[0].lower()}.local"} <= set(names)
    assert EVERYWHERE not in names
