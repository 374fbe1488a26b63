// The code flow with PKCE, and all that a client may do with its tokens afterwards.
import * as oidc from 'openid-client';

import { configuration } from './registered.mjs';
import { ask, end, settings } from './talk.mjs';

const config = await configuration();
if (settings.decryption) {
  const { pkcs8, alg, kid } = settings.decryption;
  const kind = { name: 'ECDH', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('pkcs8', Buffer.from(pkcs8, 'base64'), kind, false, ['deriveBits']);
  oidc.enableDecryptingResponses(config, ['A256GCM'], { key, alg, kid });
}

const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();
const nonce = oidc.randomNonce();
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: settings.redirect_uri,
  scope: settings.scope,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
  ...settings.parameters,
});
const { address } = await ask('sign_in', { url });
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
const tokens = await oidc.authorizationCodeGrant(config, new URL(address), checks);
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
const again = await oidc.fetchUserInfo(config, refreshed.access_token, claims.sub);
await oidc.tokenRevocation(config, refreshed.refresh_token);
const refused = await oidc.refreshTokenGrant(config, refreshed.refresh_token).catch((error) => error.error);
const signOut = oidc.buildEndSessionUrl(config, {
  id_token_hint: oidc.getDecryptedResponses(tokens)?.id_token?.token_endpoint ?? tokens.id_token, // never the sealed one
  post_logout_redirect_uri: settings.redirect_uri.replace('callback', 'bye'),
  state: 'signed-out',
});
const { address: bye } = await ask('sign_out', { url: signOut });
end({ claims, userinfo, again, refused, bye });
