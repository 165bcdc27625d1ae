"""Sockets that do not behave: plain TCP, with as little of the protocols as a test wants to send."""

from __future__ import annotations

import base64
import json
import os
import socket
from typing import Any
from urllib.parse import urlencode

from tests.people import Server

TEXT, MASKED = 0x81, 0x80
SMALL = 4096  # bytes of receive buffer: the kernel shall not read for who does not


def dial(server: Server) -> socket.socket:
    """A TCP connection; nothing is sent yet."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    connection.settimeout(30)
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection.connect((host, int(port)))
    return connection


def head(server: Server, token: str, vsn: str = "2.0.0") -> bytes:
    """A whole opening handshake (RFC 6455, section 4.1)."""
    return (
        f"GET /socket/websocket?{urlencode({'token': token, 'vsn': vsn})} HTTP/1.1\r\n"
        f"Host: {server.url.removeprefix('http://')}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def shake_hands(server: Server, token: str, vsn: str = "2.0.0") -> socket.socket:
    """A socket that was let in."""
    connection = dial(server)
    connection.sendall(head(server, token, vsn))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return connection


def text_frame(text: bytes) -> bytes:
    """One masked text frame of less than 64 KiB (RFC 6455, section 5.2); the mask is zero, so the text stays."""
    size = bytes([MASKED | len(text)]) if len(text) < 126 else bytes([MASKED | 126]) + len(text).to_bytes(2, "big")
    return bytes([TEXT]) + size + bytes(4) + text


def half_a_frame(announced: int, sent: int) -> bytes:
    """The beginning of a frame that says that it is larger."""
    return bytes([TEXT, MASKED | 127]) + announced.to_bytes(8, "big") + bytes(4) + b" " * sent


def join(connection: socket.socket, topic: str, vsn: str = "2.0.0") -> None:
    """Ask to join; the answer is not read."""
    frame: Any = ["1", "1", topic, "phx_join", {}]
    if vsn == "1.0.0":
        frame = {"topic": topic, "event": "phx_join", "payload": {}, "ref": "1"}
    connection.sendall(text_frame(json.dumps(frame).encode()))


def last_words(connection: socket.socket) -> bytes | None:
    """The last bytes before the other side closed; None when it broke off."""
    end = b""
    try:
        while data := connection.recv(1 << 20):
            end = (end + data)[-1024:]
    except ConnectionResetError:
        return None
    return end


def memory(pid: int, what: str) -> int:
    """Bytes, by /proc: `RssAnon`, what a process holds now; `VmHWM`, the most that it ever had in memory."""
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123  a file of the kernel
        (line,) = [line for line in status if line.startswith(f"{what}:")]
    return int(line.split()[1]) * 1024
