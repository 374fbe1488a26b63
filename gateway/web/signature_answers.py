"""What is said of a validation, once for single requests and for the lines of a batch (signatures §2.4, §3)."""

from collections.abc import Mapping
from typing import Any

from certs.keys import strict_json
from certs.signatures.report import in_depth
from certs.signatures.request import Depth
from certs.trust.errors import RefusalCode, Refused
from gateway.signatures.service import Caller, Validated, ValidationService


async def validated(
    found: Validated, members: Mapping[str, Any], caller: Caller, service: ValidationService
) -> dict[str, Any]:
    """The report as deep as it was asked for, and as it was signed."""
    depth = Depth(members.get("report", Depth.SIMPLE))
    answer = {"report": in_depth(found.report, depth), "jws": found.token}
    if depth is not Depth.EVIDENCE:
        return answer
    if not caller.sees_names:
        raise Refused(RefusalCode.POLICY, "evidence shows names: the access token must have the scope signatures:names")
    return {**answer, "evidence": await evidence_of(found.report["id"], caller, service)}


async def evidence_of(report_id: str, caller: Caller, service: ValidationService) -> dict[str, Any] | None:
    """The bundle that a report of this caller rests on."""
    bundle = await service.reports.evidence(report_id, caller.client_id)
    return None if bundle is None else strict_json.parse_object(bundle)
