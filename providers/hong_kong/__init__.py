"""Hong Kong: the dialect of iAM Smart, and of CorpID for companies (identity-providers §1, §2, §6.A and §6.B).

A sign-in runs `login.start` -> QR page and phone -> `login.finish`, which asks `back_channel` twice: for the access
token and for the profile. `back_channel` signs and seals with `wire`, under the key that `content_keys` holds;
`codes` says what the provider's answer codes mean, `identity` translates the verified fields. Once the content key is
held, a sign-in makes two calls. Where a company may be chosen, the browser brings a second code, which `corp_login`
redeems over the same wire and `corp_identity` translates: two calls more. `signing` has a person of iAM Smart+ sign a
digest over the same wire, with the code of `identification` to compare. Nobody here knows the other two wings.
"""

from providers.hong_kong.login import HongKong, build
from providers.hong_kong.settings import HongKongSettings, from_settings
from providers.hong_kong.signing import HongKongSigner, build_signer

__all__ = ["HongKong", "HongKongSettings", "HongKongSigner", "build", "build_signer", "from_settings"]
