"""The audit's checkpoints out of settings, stores and live keys: for chores, the operator API and ``gate audit``."""

from certs.keys.errors import KeyUnavailableError
from certs.keys.signing_key import Algorithm, SigningKey
from gateway.admin.audit_office import AuditOffice
from gateway.admin.audit_sealing import Sealing
from gateway.admin.audit_search import SearchDesk
from gateway.admin.keyring import Keyring
from gateway.config import Settings
from gateway.live_keys import LiveKeys
from gateway.store.open import Stores


def sealing_of(settings: Settings, stores: Stores, live: LiveKeys) -> Sealing:
    """What vouches for the audit of this gateway."""

    def signing_key() -> SigningKey | None:
        try:
            return live.audit.active(Algorithm.ES256)
        except KeyUnavailableError:
            return None  # events go on; that nothing vouches for them is alarmed (F-AUDF-03)

    return Sealing(
        chain=stores.audit_chain,
        checkpoints=stores.audit_checkpoints,
        issuer=settings.issuer,
        signing_key=signing_key,
        known_keys=lambda: live.audit.jwks()["keys"],
        verification_keys=live.audit.verification_keys,
        file=settings.audit.checkpoints,
    )


def audit_office_of(settings: Settings, keys: Keyring, stores: Stores, live: LiveKeys) -> AuditOffice:
    """What operators look through the audit with."""
    search = SearchDesk(stores.audit_records, stores.audit, stores.clients, keys.client_secret_key)
    return AuditOffice(search, sealing_of(settings, stores, live))
