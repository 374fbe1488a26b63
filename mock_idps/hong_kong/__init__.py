"""The mocks `hk-iamsmart` and `hk-corpid`: sign-in of persons, for companies too (identity-providers 6.A, 6.B).

In the order of a sign-in: `parameters` (the query of getQR), `login` with `waiting`, `login_pages` and `callback` (QR
page, phone page, way home), `admission` with `envelope` and `content_keys` (who may call, and what is sealed),
`exchange` and `calls` with `attributes` (the calls themselves), `corp_id` (those about a company), `catalogue` and
`faults` (how it breaks), all over one `simulation`; `app` puts them together.

Not simulated yet: signing, form filling, anonymous flows, the profile request with a server-to-server callback, and the
choice of a company after the sign-in; their paths answer 404. Knows nothing of the gateway and of the other two mocks.
"""

from mock_idps.hong_kong.app import create_app
from mock_idps.hong_kong.config import Client, HongKongConfig

__all__ = ["Client", "HongKongConfig", "create_app"]
