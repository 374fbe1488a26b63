"""The face check (section 6.C): a service asks, the person's phone answers, the sign-in rises to the third level."""

import re
from typing import Final

from starlette.responses import Response

from mock_idps.macao.answers import api_answer, api_failure, language, problem_page
from mock_idps.macao.call import Call
from mock_idps.macao.envelope import success
from mock_idps.macao.interfaces import AccessError, holder_of
from mock_idps.macao.logins import FaceCheck
from mock_idps.macao.views import phone_done_page, phone_page

_TXN: Final = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


async def face(call: Call) -> Response:
    """`POST /api/identity/face`: false until the phone has approved; tells match or no match and nothing else."""
    try:
        _, grant = holder_of(call, needed="profile")
    except AccessError as error:
        return api_failure(call, error.code)
    txn = call.fields.get("txn")
    check = call.account.faces.get(txn)
    if not _TXN.match(txn) or (check is not None and check.grant != grant.id):
        return api_failure(call, 4001)
    answer = _phone_says(call, txn, check or FaceCheck(grant.id, grant.persona))
    if answer == "refused":
        return api_failure(call, 4031)
    is_match = answer == "match" and call.take("face_no_match") is None
    person = call.account.person(grant.persona)
    if is_match and person is not None and person.mo_level == 3:
        call.account.ledger.raise_level(grant.id, 3)
        return api_answer(success({"match": True}, language(call, grant.locale)))
    return api_answer(success({"match": False}, language(call, grant.locale)))


def _phone_says(call: Call, txn: str, check: FaceCheck) -> str:
    """Give the phone's answer so far: from its page, from the control plane, or by itself."""
    account = call.account
    said = account.switchboard.approvals.pop(txn, None)
    persona = said.persona if said is not None else account.switchboard.auto_approve(call.session)
    if check.answer == "pending" and persona is not None:
        check = _answered(check, persona, is_rejected=said is not None and said.rejected)
    account.faces.put(txn, check)
    return check.answer


def _answered(check: FaceCheck, persona: str, *, is_rejected: bool) -> FaceCheck:
    if is_rejected:
        return FaceCheck(check.grant, check.persona, "refused")
    return FaceCheck(check.grant, check.persona, "match" if persona == check.persona else "no_match")


async def face_on_phone(call: Call) -> Response:
    """`GET /phone/face`: the simulated phone asks for a look; `POST` answers it."""
    txn = call.fields.get("txn") or call.fields.get("phone")
    check = call.account.faces.get(txn)
    grant = None if check is None else call.account.ledger.grants.get(check.grant)
    if check is None or grant is None or check.answer != "pending":
        return problem_page(call.locale, "not_waiting", "no face check waits for this phone", 410)
    if call.request.method != "POST":
        return phone_page(
            call,
            client_id=grant.client_id,
            action="/phone/face",
            token=txn,
            title="face_title",
            named=check.persona,
        )
    is_rejected = call.fields.get("decision") != "approve"
    call.account.faces.put(txn, _answered(check, call.fields.get("person"), is_rejected=is_rejected))
    return phone_done_page(call)
