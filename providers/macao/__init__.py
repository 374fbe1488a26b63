"""Macao: the dialect of One Account, for persons and the staff logins of entities (identity providers §3 and §6.C).

A sign-in runs `login.start` -> the sign-in pages -> `login.finish`: the code becomes an access token, the token a
signed profile, the profile an `UpstreamIdentity`. `wire` reads the callback, the token answer and the envelope,
`published_keys` holds the numbered keys that the profile is checked with, `identity` translates the verified claims of
the person and `entity` those of whom they act for. While the keys are held, a sign-in makes two calls. `signing` has
a person sign a digest in the cloud, after a sign-in of its own. Nobody here knows the other two wings.
"""

from providers.macao.login import Macao, build
from providers.macao.settings import MacaoSettings, from_settings
from providers.macao.signing import MacaoSigner, build_signer

__all__ = ["Macao", "MacaoSettings", "MacaoSigner", "build", "build_signer", "from_settings"]
