// FAPI 2.0: requests pushed (and signed), a key instead of a secret, tokens bound by DPoP, signed answers.
import * as oidc from 'openid-client';

import { configuration, signingKey } from './registered.mjs';
import { ask, end, settings } from './talk.mjs';

const config = await configuration();
const isSigned = settings.profile === 'fapi2-ms';
if (isSigned) oidc.useJwtResponseMode(config);
const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));

const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();
const nonce = oidc.randomNonce();
let parameters = new URLSearchParams({
  redirect_uri: settings.redirect_uri,
  scope: settings.scope,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
});
if (isSigned) {
  const signed = await oidc.buildAuthorizationUrlWithJAR(config, parameters, await signingKey());
  parameters = signed.searchParams;
}
const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
const { address } = await ask('sign_in', { url });
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
const tokens = await oidc.authorizationCodeGrant(config, new URL(address), checks, undefined, { DPoP });
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const active = await oidc.tokenIntrospection(config, refreshed.access_token);
await oidc.tokenRevocation(config, refreshed.refresh_token);
const inactive = await oidc.tokenIntrospection(config, refreshed.access_token);
end({ url, address, type: tokens.token_type, claims, userinfo, active, inactive });
