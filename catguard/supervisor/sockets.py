"""Opens the listening sockets that outlive their workers, and takes them over in a worker."""

from __future__ import annotations

import errno
import socket

from catguard.errors import ConfigurationError

# What uvicorn asks for as well; the kernel lowers it to net.core.somaxconn.
BACKLOG = 2048
# Milliseconds in which a caller must take something of the answer that waits for it; each of a few callers who ask for
# a picture and never read it would hold its bytes for ever. Apache and nginx wait 60 s.
UNREAD_MILLISECONDS = 20_000

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def bind(host: str, port: int, *, tier: str | None = None) -> socket.socket:
    """Open a listening socket that a worker can inherit.

    It listens from now on: while a worker is being restarted its callers wait in the backlog instead of being refused.
    The protocol is named (IPPROTO_TCP) because asyncio sets TCP_NODELAY only on sockets that say so; a socket of
    protocol 0 costs its callers 44 ms a call (Nagle's algorithm against delayed acknowledgements). Its connections end
    when a caller takes nothing of an answer for `UNREAD_MILLISECONDS` (the kernel sees to that, closed or not).

    Args:
        host: An address or a name; the first address that it resolves to is taken.
        port: 0 to 65535; 0 takes any free port.
        tier: Who will serve there, for the message of an error.

    Raises:
        ConfigurationError: The address cannot be had; says which, for whom and what to do.
    """
    place = f"{tier or 'the service'} cannot listen on {authority(host, port)}"
    remedy = f"give it another address, e.g. --bind {tier or 'TIER'}={authority(host, 0)} (port 0 takes any free port)"
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"{place}: a port is a number from 0 to 65535; {remedy}")
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{place}: {host!r} is no address of this machine ({error}); {remedy}") from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
        listener.setblocking(False)
        listener.set_inheritable(True)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = "another process has that port" if error.errno == errno.EADDRINUSE else str(error)
        raise ConfigurationError(f"{place}: {reason}; {remedy}") from error
    return listener


def adopt(fd: int) -> socket.socket:
    """Take over a listening socket that was inherited as a file descriptor.

    `socket.socket(fileno=)` asks the kernel for family, type and protocol, so that the protocol that `bind` named is
    kept; `uvicorn.Config(fd=)` would lose it.

    Raises:
        ConfigurationError: The descriptor is not a socket.
    """
    try:
        adopted = socket.socket(fileno=fd)
    except OSError as error:
        raise ConfigurationError(
            f"file descriptor {fd} is not a socket ({error}); workers are started by `catguard up`, not by hand"
        ) from error
    adopted.setblocking(False)
    return adopted


def url_of(listener: socket.socket) -> str:
    """The URL under which processes of this machine reach a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{authority(_WILDCARDS.get(host, host), port)}"


def authority(host: str, port: int) -> str:
    """Host and port as a URL writes them: an IPv6 address stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
