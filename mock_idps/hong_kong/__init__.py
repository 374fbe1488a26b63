"""The mock `hk-iamsmart`: Hong Kong's sign-in for natural persons, as in identity-providers 6.A.

In the order of a sign-in: `parameters` (the query of getQR), `login` with `waiting`, `login_pages` and `callback` (QR
page, phone page, way home), `admission` with `envelope` and `content_keys` (who may call, and what is sealed),
`exchange` and `calls` with `attributes` (the calls themselves), `catalogue` and `faults` (how it breaks), all
over one `simulation`; `app` puts them together.

Not simulated yet: signing, form filling, anonymous flows, and the profile request with a server-to-server callback;
their paths answer 404. Knows nothing of the gateway and of the other two mocks.
"""

from mock_idps.hong_kong.app import create_app
from mock_idps.hong_kong.config import Client, HongKongConfig

__all__ = ["Client", "HongKongConfig", "create_app"]
