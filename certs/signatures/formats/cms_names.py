"""Object identifiers of messages, their attributes and timestamps, under the names that their standards give them."""

from typing import Final

from certs.trust import oids

SIGNED_DATA: Final = {oids.CMS_SIGNED_DATA: "CMS", oids.GB_SIGNED_DATA: "GB/T 35275"}
"""The two dialects, by the outer content type."""
ARCS: Final = {"CMS": "1.2.840.113549.1.7.", "GB/T 35275": "1.2.156.10197.6.1.4.2."}
"""Content types below one dialect's arc do not belong into a message of the other; all others go with both."""
DATA: Final = frozenset({oids.CMS_DATA, oids.GB_DATA})
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"

# signed attributes (RFC 5652 §11, RFC 5035, RFC 6211)
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
REVOCATION_ARCHIVAL: Final = "1.2.840.113583.1.1.8"
"""Revocation material inside a PDF's signature (ISO 32000-2 §12.8.3.3.2)."""
SINGLE: Final = frozenset(
    {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, ALGORITHM_PROTECTION}
)
"""Attributes that have one value."""

# unsigned attributes (ETSI EN 319 122-1 §5)
SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"
REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"

OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
"""Other revocation information of a message that is an OCSP response (RFC 5940 §2.1)."""
OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
