"""`gd-tyrz`: a simulation of Guangdong's unified identity authentication, for natural persons.

A sign-in runs through `signin` (and `phone` when the QR code is used), `oauth` (code, token, user data) and
`people` (what the platform says about a person); `link` answers, behind `tif` headers and the sealed bodies of
`envelope`, whether a permit belongs to a residence number. `sm` and `keys` hold the national algorithms. The
wire is an independent reading of the published facts: nothing here knows the gateway or the other two mocks.
"""

from mock_idps.guangdong.app import create_app
from mock_idps.guangdong.config import GuangdongConfig
from mock_idps.guangdong.scenarios import SCENARIOS

__all__ = ["SCENARIOS", "GuangdongConfig", "create_app"]
