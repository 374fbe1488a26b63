"""The files of the trust lists out of the settings: the pinned root, and the high-water file with its key."""

from certs.trust.list_signing import MAX_TOKEN
from gateway.admin.keyring import Keyring
from gateway.config import ConfigurationError, Signatures
from gateway.signatures.trust_state import TrustFiles


def trust_files(block: Signatures, keys: Keyring) -> TrustFiles:
    """Made where the gateway is put together, for serving and for operators alike; raises ``ConfigurationError``."""
    try:
        with block.trust_root.open("rb") as file:
            root = file.read(MAX_TOKEN)
    except OSError as error:
        raise ConfigurationError(
            f"setting signatures.trust_root: the file cannot be read ({error.strerror})"
        ) from error
    return TrustFiles.of(root, block.high_water, keys.client_secret_key)
