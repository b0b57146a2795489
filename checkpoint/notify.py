"""Telling the service manager how a service is: systemd's notification protocol, sd_notify(3)."""

import os
import socket


def notify(*lines: str) -> bool:
    """Send assignments such as "READY=1" or "WATCHDOG=1"; return whether there is anybody to tell.

    A datagram to the socket that NOTIFY_SOCKET names: three lines of code, where a package would be one more to keep.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto("\n".join(lines).encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return False  # a service manager that is gone or restarting: the service itself goes on
    return True


def watchdog_s() -> float | None:
    """Return the seconds within which the service manager wants to hear from this process, None where it does not."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        return int(os.environ["WATCHDOG_USEC"]) / 1e6
    except (KeyError, ValueError):
        return None
