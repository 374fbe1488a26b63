"""The simulated One Account of Macao (`mo-oneaccount`), for persons and the staff of entities.

A request runs through `app` (the list of endpoints), `counter` (reads, ties to a tester's session, plays faults), then
one handler: `visits` and `authorize` open a sign-in, `signin` is the form, `screen` the code for the phone, `callback`
the way back; `token` and `interfaces` and `face` answer servers; `entities` knows whose staff somebody is, `esign` and
its pages have people sign. Below lie `grants`, `claims`, `envelope`, `keys` and `soft_token`, which know no HTTP.
Nothing of the gateway and of the other two mocks is known here.
"""

from mock_idps.macao.app import create_app
from mock_idps.macao.config import MacaoClient, MacaoConfig
from mock_idps.macao.scenarios import SCENARIOS

__all__ = ["SCENARIOS", "MacaoClient", "MacaoConfig", "create_app"]
