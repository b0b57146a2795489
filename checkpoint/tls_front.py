"""HTTPS before a server that speaks none: one thread ends TLS for every connection and passes the bytes on.

The event loop shakes hands with many at once and gives each a deadline, so a tablet in bad radio that never finishes
holds nobody else up; the server behind keeps its threads for requests.
"""

import asyncio
import contextlib
import logging
import ssl
import threading

log = logging.getLogger(__name__)

HANDSHAKE_WITHIN_S = 10.0
CLOSE_WITHIN_S = 3.0
LAST_WORDS_WITHIN_S = 1.0
PIECE = 64 * 1024  # bytes read at once


class TlsFront(threading.Thread):
    """Takes TLS connections on `host`:`port` and carries each to 127.0.0.1:`behind`, until `stop`."""

    def __init__(self, context: ssl.SSLContext, *, host: str, port: int, behind: int) -> None:
        super().__init__(name="tls-front", daemon=True)
        self._context, self._host, self._behind = context, host, behind
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._failed: OSError | None = None
        self._ending = asyncio.Event()
        self._lines: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()

    def begin(self) -> int:
        """Start, and return the port that is listened on; raise OSError where it cannot be."""
        self.start()
        self._up.wait()
        if self._failed is not None:
            raise self._failed
        return self.port

    def stop(self) -> None:
        """End every connection and the thread."""
        with contextlib.suppress(RuntimeError):  # over already
            self._loop.call_soon_threadsafe(self._ending.set)
        self.join(timeout=5.0)

    def run(self) -> None:
        """Serve until stopped."""
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._up.set()
            self._loop.close()

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(
                self._welcome,
                self._host,
                self.port,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE_WITHIN_S,
                ssl_shutdown_timeout=CLOSE_WITHIN_S,
            )
        except OSError as error:
            self._failed = error
            return
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._ending.wait()
        server.close()
        if self._lines:  # the server behind has closed its ends: what it said last is still passed on
            await asyncio.wait(self._lines, timeout=LAST_WORDS_WITHIN_S)
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)
        parting = []
        for end in self._ends:  # no time for a farewell
            try:
                end.transport.abort()
            except AttributeError:  # Debian 12's Python 3.11.2: closed twice, it has let go of what could abort it
                parting.append(asyncio.ensure_future(end.wait_closed()))
        if parting:
            await asyncio.wait(parting, timeout=CLOSE_WITHIN_S)
        await asyncio.sleep(0)  # the loop closes their sockets in its next round

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)  # here and not in the task, which may be cancelled before its first step
        line = self._loop.create_task(self._carry(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError as error:
            log.error("the pages do not answer behind the TLS front: %s", error)
            await self._part_with(writer)
            return
        self._ends.add(back_writer)
        ways = [
            asyncio.ensure_future(_pass_on(reader, back_writer)),
            asyncio.ensure_future(_pass_on(back_reader, writer)),
        ]
        try:
            # As soon as one side is gone nobody reads any more: a closed tablet ends its stream of events at once.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await self._part_with(back_writer, writer)

    async def _part_with(self, *ends: asyncio.StreamWriter) -> None:
        for end in ends:
            end.close()
        await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)
        self._ends.difference_update(ends)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    except (OSError, ssl.SSLError):
        return  # the other side went away in the middle: nothing to tell anybody
