from __future__ import annotations

import os
import socket

import pytest

from catguard.errors import ConfigurationError
from catguard.supervisor.sockets import adopt, bind, url_of


def test_bind_names_the_protocol_and_can_be_inherited() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert listener.get_inheritable()
        assert not listener.getblocking()


def test_bind_gives_every_connection_a_time_for_what_is_not_read() -> None:
    with bind("127.0.0.1", 0) as listener:
        listener.setblocking(True)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000


def test_bind_port_in_use_names_tier_address_and_remedy() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            bind("127.0.0.1", port, tier="store")
    assert str(refused.value) == (
        f"store cannot listen on 127.0.0.1:{port}: another process has that port; "
        "give it another address, e.g. --bind store=127.0.0.1:0 (port 0 takes any free port)"
    )


@pytest.mark.parametrize(
    ("host", "port"), [("192.0.2.1", 0), ("no such host", 0), ("127.0.0.1", 99999), ("a" * 300, 1)]
)
def test_bind_address_that_cannot_be_names_it(host: str, port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot listen on {host}:{port}"):
        bind(host, port)


def test_adopt_keeps_the_protocol() -> None:
    with bind("127.0.0.1", 0) as listener, adopt(os.dup(listener.fileno())) as adopted:
        assert adopted.proto == socket.IPPROTO_TCP
        assert adopted.getsockname() == listener.getsockname()


def test_adopt_what_is_no_socket_is_an_error() -> None:
    reading, writing = os.pipe()
    with pytest.raises(ConfigurationError, match="not a socket"):
        adopt(reading)
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_url_of_is_one_that_this_machine_reaches(host: str, shown: str) -> None:
    try:
        listener = bind(host, 0)
    except ConfigurationError as error:
        pytest.skip(f"no such address here: {error}")
    with listener:
        assert url_of(listener) == f"http://{shown}:{listener.getsockname()[1]}"
