"""Whether a certificate was revoked: answers of responders and lists, judged against one certificate at one moment.

In the order in which material meets them: `model` is what is said, `extensions` and `points` read what stands in
answers and certificates, `ocsp` with `ocsp_signer` (RFC 6960) and `crl` with `crl_scope` (RFC 5280 §5) turn material
into a `statement`, which is weighed at a moment; `standing` takes the best of several. `cache` remembers, and `gather`
orders the sources: stapled, cached, asked (`ocsp_request`). Only `gather` awaits anything.
"""
