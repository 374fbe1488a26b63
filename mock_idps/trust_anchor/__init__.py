"""A small OpenID Federation for the sandbox: one trust anchor, an authority for each region, and whom they enrolled.

The regions do not share an operator; what they share is an anchor that both sides of a sign-in can check. `authority`
signs statements, `enrolment` keeps who belongs to whom, `app` serves it all.
"""

from mock_idps.trust_anchor.app import create_app
from mock_idps.trust_anchor.config import TrustAnchorConfig

__all__ = ["TrustAnchorConfig", "create_app"]
