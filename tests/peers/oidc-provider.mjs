// oidc-provider (npm) as the issuer of real access tokens: client credentials with resource indicators (RFC 8707).
//
// A client asks for a token with resource=https://orders.example/RS256 and gets one that is signed with that algorithm.
// POST /rotate gives the provider new keys and withdraws the old ones. When it listens, it says so on standard error in
// one line of JSON with the member "address".
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];

async function keys() {
  const pairs = await Promise.all(
    ALGORITHMS.map((alg) => generateKeyPair(alg, { extractable: true, crv: alg === 'EdDSA' ? 'Ed25519' : undefined })),
  );
  return Promise.all(
    pairs.map(async ({ privateKey }, index) => ({
      ...(await exportJWK(privateKey)),
      alg: ALGORITHMS[index],
      kid: `${ALGORITHMS[index]}-${crypto.randomUUID()}`,
      use: 'sig',
    })),
  );
}

async function provider(issuer) {
  return new Provider(issuer, {
    clients: [
      {
        client_id: 'orders-client',
        client_secret: 'a secret of the test alone, 32 bytes',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: await keys() },
    scopes: ['orders.read', 'orders.write'],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          audience: 'https://orders.example',
          scope: 'orders.read orders.write',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: new URL(resource).pathname.slice(1) } },
        }),
      },
    },
  });
}

let handle;
const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/rotate') {
    handle = (await provider(issuer)).callback();
    response.writeHead(204).end();
    return;
  }
  handle(request, response);
});
server.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
handle = (await provider(issuer)).callback();
process.stderr.write(`${JSON.stringify({ message: 'ready', address: issuer })}\n`);
