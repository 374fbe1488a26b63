"""Bounded tries in Redis or Valkey: quicker where there is one, and never the reason that a limit is off.

When the server does not answer in time the database counts, and the server is left alone for a while (F-RED-02,
F-RED-05). No safety fact lives here (decision 13).
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.broker.ports import AttemptCounter
from gateway.config import ConfigurationError
from gateway.store.sql.columns import EPOCH, MICROSECOND
from gateway.store.tries import AttemptLimits
from gateway.store.vault import Vault

TIMEOUT_SECONDS: Final = 0.25
PAUSE_SECONDS: Final = 5.0
"""How long a server that failed is not asked again."""

# The rule of ``tries.admit``, run inside the server so that two tries at once are two tries.
_ADMIT: Final = """
local now, window, lock_out, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local locked_until = redis.call('GET', KEYS[2])
if locked_until then
  if now < tonumber(locked_until) then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2])
end
local recent = {}
for _, at in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if tonumber(at) > now - window then recent[#recent + 1] = at end
end
redis.call('DEL', KEYS[1])
if #recent >= limit then
  redis.call('SET', KEYS[2], string.format('%.0f', now + lock_out), 'PX', math.ceil(lock_out / 1000))
  return 0
end
recent[#recent + 1] = ARGV[1]
redis.call('RPUSH', KEYS[1], unpack(recent))
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return 1
"""


class RedisAttempts:
    """``AttemptCounter`` on a server that may vanish at any time, with another counter behind it."""

    def __init__(
        self,
        client: "Redis",
        behind: AttemptCounter,
        vault: Vault,
        limits: AttemptLimits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._behind = behind
        self._vault = vault
        self._limits = limits
        self._clock = clock
        self._script = client.register_script(_ADMIT)
        self._ask_again_at = 0.0

    async def admit(self, kind: str, key: str, now: datetime) -> bool:
        """Count one try here; in the database when the server does not answer."""
        if self._clock() < self._ask_again_at:
            return await self._behind.admit(kind, key, now)
        try:
            return bool(await self._script(keys=self._keys(kind, key), args=self._arguments(now)))
        except (RedisError, OSError):
            self._ask_again_at = self._clock() + PAUSE_SECONDS
            return await self._behind.admit(kind, key, now)

    async def answers(self) -> bool:
        """Whether the server answers in time."""
        try:
            return bool(await self._client.ping())
        except (RedisError, OSError):
            return False

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _keys(self, kind: str, key: str) -> list[str]:
        name = self._vault.counter_index(kind, key).hex()
        return [f"gate:attempts:{{{name}}}:tries", f"gate:attempts:{{{name}}}:lock"]

    def _arguments(self, now: datetime) -> list[int]:
        limits = self._limits
        spans = (now - EPOCH, limits.window, limits.lock_out)
        return [*(span // MICROSECOND for span in spans), limits.tries]


def connect(redis_url: str) -> "Redis":
    """Make a client of little patience; nothing is connected yet."""
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "max_connections": 64,
    }
    try:
        return Redis.from_url(redis_url, **options)
    except ValueError:
        # The address may hold a password, so it is not repeated.
        raise ConfigurationError("setting storage.redis_url must look like redis://host:port/0") from None
