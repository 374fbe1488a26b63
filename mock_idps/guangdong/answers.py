"""What the platform sends to applications: JSON with `errcode`, and the faults a tester can ask for (section 6.D)."""

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from mock_idps.guangdong.province import Call, Province
from mock_idps.guangdong.scenarios import ERRORS

_JSON: Final = "application/json;charset=UTF-8"
_MAINTENANCE: Final = (
    '<!DOCTYPE html><html lang="zh-Hans-CN"><head><meta charset="utf-8"><title>系统维护</title></head>'
    "<body><h1>系统维护中</h1><p>模拟系统 (simulation). 系统升级维护，请稍后再试。</p></body></html>"
)
_LONGEST_DELAY_MS: Final = 120_000


def json_answer(payload: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Send JSON the way the platform writes it: HTTP 200, UTF-8, Chinese characters as themselves."""
    return raw_answer(json.dumps(payload, ensure_ascii=False).encode(), headers)


def raw_answer(body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """Send bytes under the platform's JSON content type."""
    return Response(body, media_type=_JSON, headers={"Cache-Control": "no-store", **(headers or {})})


def refusal(errcode: str) -> dict[str, str]:
    """Give the body of a refusal."""
    return {"errcode": errcode, "errmsg": ERRORS[errcode]}


async def general_fault(province: Province, call: Call) -> Response | None:
    """Play the faults that any endpoint for applications can have; None means that the call goes on."""
    slow = province.take("slow", call)
    if slow is not None:
        await province.sleep(delay_s(slow))
    if province.take("outage", call) is not None:
        return Response("Bad Gateway", status_code=502, media_type="text/plain")
    if province.take("maintenance", call) is not None:
        return HTMLResponse(_MAINTENANCE)
    for scenario, errcode in (("busy", "-1"), ("rate_limit", "45009")):
        if province.take(scenario, call) is not None:
            return json_answer(refusal(errcode))
    return None


def delay_s(args: Mapping[str, Any]) -> float:
    """Read `delay_ms` of a scenario, three seconds unless told."""
    delay = args.get("delay_ms", 3000)
    return min(max(float(delay), 0), _LONGEST_DELAY_MS) / 1000 if isinstance(delay, (int, float)) else 3.0
