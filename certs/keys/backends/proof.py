"""Proof that a private half and a public half belong together: asked of every instance before a key signs (§9.1)."""

from typing import Final

from joserfc import jws
from joserfc.errors import JoseError

from certs.keys.backends.public_half import key_of
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import Algorithm, Signer

# No token, report or request begins like this: the signature under it is good for nothing else.
_TEXT: Final = b"gate: this key signs and verifies"
_MODELS: Final = {
    algorithm.value: jws.JWSRegistry(algorithms=[algorithm.value]).get_alg(algorithm.value) for algorithm in Algorithm
}


def prove_key(signer: Signer, algorithm: str) -> None:
    """Sign a fixed text and verify it; raises ``KeyUnavailableError`` where that fails in any way."""
    # An encipherment key signs nothing but the request for its own certificate, and that with RS256.
    model = _MODELS.get(Algorithm.RS256.value if algorithm == "RSA-OAEP-256" else algorithm)
    if model is None:
        raise KeyMaterialError("keys of this algorithm sign nothing here")
    try:
        signature = signer.sign(Algorithm(model.name), _TEXT)
        verifies = model.verify(_TEXT, signature, key_of(algorithm, signer.public))
    except KeyUnavailableError:
        raise
    except (KeyMaterialError, JoseError, ValueError, TypeError):
        verifies = False
    if not verifies:
        raise KeyUnavailableError("the key did not sign what its public half verifies")
