"""Builders for the signature service's stores: valid by default, one keyword spoils them."""

import hashlib
from typing import Any, Final

from gateway.audit import AuditAction
from gateway.signatures.records import RecognitionFacts, SigningRequest, StoredReport, TrustDocument, TrustProposal
from gateway.store.open import Stores
from tests.contracts.stores.builders import MINUTE, NOW, an_event, digest

PROPOSED: Final = an_event(AuditAction.TRUST_PROPOSED)
ACCEPTED: Final = an_event(AuditAction.TRUST_ACCEPTED)
WITHDRAWN: Final = an_event(AuditAction.TRUST_WITHDRAWN)
ALARM: Final = an_event(AuditAction.TRUST_ALARM)
STARTED: Final = an_event(AuditAction.SIGNING_STARTED)
ENDED: Final = an_event(AuditAction.SIGNING_ENDED)
LOGIN: Final = digest("the way back")
DAY: Final = 1440 * MINUTE


def a_document(list_id: str = "hk-gd", sequence: int = 1, **changes: Any) -> TrustDocument:
    token = f"{list_id} {sequence}".encode()
    values = {
        "list_id": list_id,
        "sequence": sequence,
        "sha256": hashlib.sha256(token).hexdigest(),
        "token": token,
        "at": NOW,
    }
    return TrustDocument(**(values | changes))


def a_proposal(**changes: Any) -> TrustProposal:
    values = {
        "id": "proposal-1",
        "documents": (a_document(),),
        "acknowledgements": ("A1B2C3",),
        "proposed_by": "ada",
        "proposed_at": NOW,
        "ends_at": NOW + DAY,
        "reason": "case 17",
    }
    return TrustProposal(**(values | changes))


def a_report(report_id: str = "report-1", **changes: Any) -> StoredReport:
    facts = RecognitionFacts(
        "hk-gd", 3, "hk-personal", "recognised", "ab" * 32, policy_oids=("2.16.344.8.2.2008.810.2.2018.1.1",), at=NOW
    )
    values = {
        "id": report_id,
        "client_id": "rp-a",
        "produced_at": NOW,
        "keep_until": NOW + 5 * DAY,
        "token": "report-canary",
        "facts": (facts,),
    }
    return StoredReport(**(values | changes))


def a_wish(**changes: Any) -> SigningRequest:
    values = {
        "id": "signing-1",
        "client_id": "rp-a",
        "document_name": "租賃合約 Contrato",
        "digest_alg": "sha-256",
        "digest": digest("the document"),
        "purpose": "contract",
        "relying": "GD",
        "return_uri": "https://rp-a.example/signed",
        "state": "state-canary",
        "created_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }
    return SigningRequest(**(values | changes))


async def accept(stores: Stores, *documents: TrustDocument, **expected: int | None) -> bool:
    """Accept documents; a list that ``expected`` does not name is thought to be new."""
    wanted = {document.list_id: expected.get(document.list_id.replace("-", "_")) for document in documents}
    return await stores.trust_lists.accept(documents, wanted, ACCEPTED)


async def sequences(stores: Stores) -> dict[str, int]:
    """Which document of each list counts."""
    return {list_id: document.sequence for list_id, document in (await stores.trust_lists.current()).items()}


async def leave_signatures(stores: Stores) -> None:
    """Leave something in every table of the signature service that holds boxes."""
    await stores.reports.save(a_report(), b"evidence-canary")
    wish = a_wish(kept={"businessID": "kept-canary"}, provider="hong_kong")
    await stores.signing_requests.begin(wish, an_event(AuditAction.SIGNING_ASKED))
    await stores.signing_requests.start(wish, LOGIN, NOW, STARTED)
