"""The first wing: keys and what is done with them. It knows nobody of ours, reads no clock and opens no connection.

In the order in which a message meets them:

* `base64url`, `strict_json`: text from outside becomes bytes and objects, or is refused;
* `public_jwk`, `verification_keys`, `expectation`, `jose`: the one door to JSON Web Signatures, in both directions;
* `jwe`: answers sealed for a relying party, outwards only;
* `key_state`, `rotation`: the life of a managed key as a pure machine, `backends`: where its private half lies;
* `signing_key`: our own signing keys and the published key set;
* `distinguished_name`, `client_certificate`, `tls`: certificates of TLS, other people's and one for development;
* `seal`: boxes for what lies in the database;
* `frame`, `key_transport`: sealed content and its key on Hong Kong's wire;
* `sm`: SM2, SM3 and SM4 for Guangdong's wire, over `sm2`, `sm2_der` and `sm2_libcrypto`.
"""

from certs.keys.errors import (
    JoseError,
    JoseErrorCode,
    JsonError,
    KeyMaterialError,
    KeyUnavailableError,
    SealError,
    SmError,
    SmUnavailableError,
)

__all__ = [
    "JoseError",
    "JoseErrorCode",
    "JsonError",
    "KeyMaterialError",
    "KeyUnavailableError",
    "SealError",
    "SmError",
    "SmUnavailableError",
]
