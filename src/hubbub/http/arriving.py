"""How long and how large a request may be while it arrives.

uvicorn leaves that to a proxy in front of it. Hubbub also runs without one, so whoever opens connections and never
ends a request must not be able to keep them, nor to fill the memory with a head that has no end.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ARRIVES_WITHIN = 20.0  # seconds from connecting, or from a request's first byte, until its last
LARGEST_HEAD = 64 * 1024  # bytes of request line and headers, beyond what one read brings

TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 27\r\nconnection: close\r\n\r\nThe headers are too large.\n"
)


class ArrivingRequest(HttpToolsProtocol):
    """uvicorn's protocol of one connection, with a deadline for each request and a limit for its head."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_size = 0
        self._head_began = False  # in what was read last
        self._in_head = True
        self._deadline: asyncio.TimerHandle | None = None
        self._begin_to_wait()

    def data_received(self, data: bytes) -> None:
        self._head_began = False
        super().data_received(data)
        if self._in_head and not self._head_began:
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD and not self.transport.is_closing():
                self.transport.write(TOO_LARGE)
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    # --- what the parser finds ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._head_began = True
        self._head_size = 0
        self._begin_to_wait()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._wait_no_more()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on the socket has rules of its own."""
        self._wait_no_more()
        super().handle_websocket_upgrade()

    # --- the deadline ---------------------------------------------------------------------------------------------

    def _begin_to_wait(self) -> None:
        self._wait_no_more()
        self._deadline = self.loop.call_later(ARRIVES_WITHIN, self._too_late)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        self.transport.close()
