// A kiosk without a keyboard shows a code; the person answers on a device of their own (RFC 8628).
import * as oidc from 'openid-client';

import { configuration } from './registered.mjs';
import { ask, end, settings } from './talk.mjs';

const config = await configuration();
const started = await oidc.initiateDeviceAuthorization(config, { scope: settings.scope });
const early = await oidc
  .genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', { device_code: started.device_code })
  .catch((error) => error.error);
const polling = oidc.pollDeviceAuthorizationGrant(config, started);
await ask('kiosk', { verification_uri: started.verification_uri, user_code: started.user_code });
const tokens = await polling;
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
end({ early, claims, userinfo });
