"""The operators' office: the API with its keys, and somebody who is on record."""

from dataclasses import dataclass

import httpx

from tests.world import World

PERMIT = "H00000018"
UNKNOWN = "H00009999"
REASON = "case 17, asked by the desk"


@dataclass(slots=True)
class Office:
    """The API with a reader and two keepers; one person is on record."""

    world: World
    http: httpx.AsyncClient
    reader: dict[str, str]
    keeper: dict[str, str]
    second: dict[str, str]

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.reader)

    async def post(self, path: str, by: dict[str, str] | None = None, **body: object) -> httpx.Response:
        return await self.http.post(path, json=body, headers=by or self.keeper)


async def on_record(office: Office) -> dict[str, object]:
    """Somebody signs in and is on record; gives the record as operators see it."""
    await office.world.signed_in("hong_kong", "chan-siu-ming")
    response = await office.post("/v1/map/history", permit=PERMIT)
    record: dict[str, object] = response.json()["record"]
    return record
