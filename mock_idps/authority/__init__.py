"""The certification authorities of three jurisdictions, simulated: what they issue, answer, stamp, list and sign.

`World.make(now)` issues certificates of every kind of `kinds`, good or spoilt in one way of `spoils`. From it come
`answers` and `revocation_lists`, timestamps (`stamps`), signatures in every format (`cms`, `pdf`, `jws`, `results`;
`samples` for people) and signed trust `lists`. `app` serves all of it, `signing` is what mocks of the places sign with.
Everything is written by hand from `der` upwards and signs SM2 with another engine than the one that checks. Knows no
mock of an identity provider and nothing of ours.
"""

from mock_idps.authority.certificate import Issued, Profile
from mock_idps.authority.keys import Family, Key, Scheme
from mock_idps.authority.world import World

__all__ = ["Family", "Issued", "Key", "Profile", "Scheme", "World"]
