"""The presences of a server that is many processes, through Redis or Valkey.

Each process keeps its own presences in one hash that it alone writes and refreshes with its heart-beat. Every
beat also looks for processes that have stopped; Redis gives each of those to one survivor only.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hubbub.bus import presence_scripts
from hubbub.bus.ending import end
from hubbub.bus.presence import Change, Meta, OwnPresences, Present
from hubbub.bus.rounds import Rounds

log = structlog.get_logger("hubbub.presence")

ANSWER_WITHIN = 2.0  # seconds that Redis has for an answer before it counts as away
KEPT_MS = 60_000  # what nobody refreshes is gone after this
FAILURES = (RedisError, OSError, msgspec.MsgspecError)
AT_ONCE = 1000  # users in one command, so that Redis serves others in between

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Meta]).decode


@dataclass(frozen=True)
class Pulse:
    """Seconds: between two heart-beats, and without one until a process counts as dead."""

    beat: float = 2.0
    dead_after: float = 6.0


class RedisPresence:
    """Keeps the promises of `PresenceStore` between all processes with the same `url` and `prefix`."""

    def __init__(self, url: str, *, prefix: str = "hubbub", pulse: Pulse | None = None) -> None:
        """`url` as redis-py takes it: redis://, rediss:// or unix://. Raises `ValueError` for any other."""
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=ANSWER_WITHIN,
            socket_connect_timeout=ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self._pulse = pulse or Pulse()
        self._base = f"{prefix}:presence:"
        self._process = secrets.token_hex(16)
        self._hash = f"{self._base}of:{self._process}"
        self._processes = f"{self._base}processes"
        self._own = OwnPresences()
        self._damages = 0  # how often Redis may have come to hold something else than `_own`
        self._damages_repaired = 0
        self._reachable = False
        self._beating_since = -math.inf
        self._last_beat = -math.inf
        self._entering = Rounds(self._enter)
        self._asking = Rounds(self._ask)
        self._beat_script = self._redis.register_script(presence_scripts.BEAT)
        self._of_script = self._redis.register_script(presence_scripts.OF)
        self._goodbye_script = self._redis.register_script(presence_scripts.GOODBYE)

    # --- the port ---

    async def start(
        self, gone: Change, returned: Change | None = None, restored: Callable[[], None] | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self._time, self._call_soon = loop.time, loop.call_soon
        self._gone = gone
        self._returned = returned
        self._restored = restored
        await self._try_to_beat()
        self._tasks = [
            asyncio.create_task(work)
            for work in (self._beat_again_and_again(), self._entering.run(), self._asking.run())
        ]

    async def arrive(self, user_id: str, meta: Meta) -> None:
        self._own.put(user_id, meta)
        await self._entered(user_id)

    async def leave(self, user_id: str, phx_ref: str) -> None:
        if self._own.remove(user_id, phx_ref):
            await self._entered(user_id)

    async def _entered(self, user_id: str) -> None:
        if self._reachable:  # otherwise everything is entered when Redis is back
            await asyncio.wait([self._entering.add([user_id])], timeout=ANSWER_WITHIN)

    async def of(self, user_ids: Iterable[str]) -> Present:
        wanted = set(user_ids)
        present = self._own.of(wanted)
        if self._reachable and wanted:
            asked = self._asking.add(wanted)
            await asyncio.wait([asked], timeout=ANSWER_WITHIN)
            elsewhere = asked.result() if asked.done() else {}
            for user_id in wanted & elsewhere.keys():
                present[user_id] = [*present.get(user_id, []), *elsewhere[user_id]]
        return present

    async def close(self) -> None:
        await end(*self._tasks)
        with contextlib.suppress(*FAILURES):
            await self._goodbye_script(keys=[self._processes], args=[self._base, self._process])
        await self._redis.aclose()

    # --- entering what is here ---

    async def _enter(self, user_ids: set[str]) -> None:
        """Write what these users have here now; everything, when Redis may have something else."""
        damages = self._damages
        whole = damages > self._damages_repaired
        present = self._own.all() if whole else self._own.of(user_ids)
        absent = set() if whole else user_ids - present.keys()
        try:
            await self._write(present, absent, anew=whole)
        except FAILURES as failure:
            self._lost_touch(failure)
        else:
            self._damages_repaired = damages
            if whole and self._restored is not None:
                self._call_soon(self._restored)

    async def _write(self, present: Present, absent: set[str], *, anew: bool) -> None:
        async with self._redis.pipeline(transaction=anew) as pipeline:
            if anew:
                pipeline.unlink(self._hash)
            for some in _in_chunks(present, AT_ONCE):
                pipeline.hset(self._hash, mapping={user_id: _encode(present[user_id]) for user_id in some})
            for some in _in_chunks(absent, AT_ONCE):
                pipeline.hdel(self._hash, *some)
            pipeline.pexpire(self._hash, KEPT_MS)
            await pipeline.execute()

    # --- asking who is elsewhere ---

    async def _ask(self, user_ids: set[str]) -> Present:
        present: Present = {}
        try:
            for some in _in_chunks(user_ids, AT_ONCE):
                for metas_by_user in await self._metas_of(some):
                    for user_id, metas in zip(some, metas_by_user, strict=True):
                        if metas is not None:
                            present.setdefault(user_id, []).extend(_decode(metas))
        except FAILURES as failure:
            self._lost_touch(failure)
        return present

    async def _metas_of(self, user_ids: list[str]) -> list[list[bytes | None]]:
        """For each living process but this one, what each of the users has there."""
        answer: list[list[bytes | None]] = await self._of_script(
            keys=[self._processes],
            args=[self._base, self._process, _ms(self._pulse.dead_after), *user_ids],
        )
        return answer

    # --- the heart-beat ---

    async def _beat_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._pulse.beat)
            await self._try_to_beat()

    async def _try_to_beat(self) -> None:
        try:
            await self._beat()
        except FAILURES as failure:
            self._lost_touch(failure)

    async def _beat(self) -> None:
        known, others_were_told, dead = await self._beat_script(
            keys=[self._processes],
            args=[self._base, self._process, _ms(self._pulse.dead_after), KEPT_MS, int(self._may_judge())],
        )
        self._reachable = True
        self._last_beat = self._time()
        if not known:
            self._damages += 1
        if self._damages > self._damages_repaired:
            self._entering.add()
        if others_were_told and self._returned is not None and self._own:
            self._call_soon(self._returned, self._own.all())
        for process in dead:
            await self._tell_end_of(process.decode())

    def _may_judge(self) -> bool:
        """Whether the silence of others is their own.

        After Redis or this process stood still everyone's last beat is old; they get time to beat again.
        """
        now = self._time()
        if now - self._last_beat > 2 * self._pulse.beat:
            self._beating_since = now
        return now - self._beating_since >= self._pulse.dead_after

    async def _tell_end_of(self, process: str) -> None:
        taken = f"{self._base}taken:{process}"
        entries = self._redis.hscan_iter(taken, count=AT_ONCE)
        present = {user_id.decode(): _decode(metas) async for user_id, metas in entries}
        log.info("presence_of_dead_process_removed", users=len(present))
        if present:
            self._call_soon(self._gone, present)
        # Only now may the process, should it live after all, tell that it is back.
        await self._redis.unlink(taken)

    def _lost_touch(self, failure: Exception) -> None:
        if self._reachable:
            log.warning("presence_unreachable", cause=type(failure).__name__)
        self._reachable = False
        self._damages += 1


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _in_chunks(ids: Iterable[str], size: int) -> Iterable[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
