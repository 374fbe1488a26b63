"""Guangdong: the dialect of the province's unified authentication, and its register of permits (§4 and §6.D).

A sign-in runs `login.start` -> the platform's pages -> `login.finish`: code, access token, user data signed with SM2,
`UpstreamIdentity`. `wire` reads callback, answers and the signed wrapper, `identity` translates the verified data of a
person and `organisation` those of whom they act for; what both accounts have in common stands in `account`.
Behind the government gateway, which `gateway` calls signed and sealed by `envelope`, stand two more: `permit_link` asks
the register, is no part of a sign-in here and serves people of Hong Kong and Macao too; `signing` has a person sign a
digest. Nobody here knows the other two wings.
"""

from providers.guangdong.login import Guangdong, build
from providers.guangdong.permit_link import PermitLink, build_register
from providers.guangdong.settings import GuangdongSettings, PermitLinkSettings, from_settings, link_from_settings
from providers.guangdong.signing import GuangdongSigner, build_signer

__all__ = [
    "Guangdong",
    "GuangdongSettings",
    "GuangdongSigner",
    "PermitLink",
    "PermitLinkSettings",
    "build",
    "build_register",
    "build_signer",
    "from_settings",
    "link_from_settings",
]
