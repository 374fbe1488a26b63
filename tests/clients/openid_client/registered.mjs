// The relying party as it is registered: found through discovery alone, with a secret or with a key.
import * as oidc from 'openid-client';

import { settings } from './talk.mjs';

const KINDS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
};

/** The client's signing key, with its name. */
export async function signingKey() {
  const { pkcs8, alg, kid } = settings.key;
  const key = await crypto.subtle.importKey('pkcs8', Buffer.from(pkcs8, 'base64'), KINDS[alg], false, ['sign']);
  return { key, kid };
}

/** What the library knows after it has read the discovery document. */
export async function configuration() {
  const { issuer, client_id, client_secret, metadata } = settings;
  const authentication = settings.key
    ? oidc.PrivateKeyJwt(await signingKey())
    : oidc.ClientSecretBasic(client_secret);
  const config = await oidc.discovery(new URL(issuer), client_id, metadata, authentication);
  oidc.enableNonRepudiationChecks(config); // signatures are checked even where TLS would do
  return config;
}
