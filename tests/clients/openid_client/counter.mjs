// A counter asks; the person, who has signed in before, approves on a device of their own (CIBA).
import * as oidc from 'openid-client';

import { configuration } from './registered.mjs';
import { ask, end, settings } from './talk.mjs';

const config = await configuration();
const verifier = oidc.randomPKCECodeVerifier();
const state = oidc.randomState();
const url = oidc.buildAuthorizationUrl(config, {
  redirect_uri: settings.redirect_uri,
  scope: settings.scope,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
});
const { address } = await ask('sign_in', { url });
const checks = { pkceCodeVerifier: verifier, expectedState: state };
const known = (await oidc.authorizationCodeGrant(config, new URL(address), checks)).claims();

const started = await oidc.initiateBackchannelAuthentication(config, {
  scope: settings.scope,
  login_hint: known.sub,
  binding_message: 'DESK-7',
});
await ask('approve', {});
const soon = { ...started, interval: 1 }; // the first poll may come at any time; kiosk.mjs waits as it is told
const tokens = await oidc.pollBackchannelAuthenticationGrant(config, soon);
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
end({ known, claims, userinfo });
