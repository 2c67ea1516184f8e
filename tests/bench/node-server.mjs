// A gate behind Node's http: node-server.mjs aws-jwt-verify|fast-jwt ADDRESS-OF-THE-ISSUER ALGORITHM AUDIENCE
//
// aws-jwt-verify has no cache of tokens; fast-jwt's own is on, in its default size. When it listens, it says so on
// standard error in one line of JSON with the member "address".
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier } from 'fast-jwt';

const [library, issuer, algorithm, audience] = process.argv.slice(2);
const keys = await (await fetch(`${issuer}/keys`)).json();

const verifiers = {
  'aws-jwt-verify': () => {
    // It takes https addresses alone; the keys are already here.
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri: 'https://issuer.invalid/keys' });
    verifier.cacheJwks(keys);
    return (token) => verifier.verifySync(token);
  },
  'fast-jwt': () => {
    const key = createPublicKey({ format: 'jwk', key: keys.keys.find(({ alg }) => alg === algorithm) });
    const pem = key.export({ type: 'spki', format: 'pem' });
    return createVerifier({ key: pem, algorithms: [algorithm], allowedIss: issuer, allowedAud: audience, cache: true });
  },
};
const verify = verifiers[library]();

const server = createServer((request, response) => {
  try {
    verify(request.headers.authorization.slice('Bearer '.length));
    response.writeHead(200).end();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(0, '127.0.0.1', () => {
  console.error(JSON.stringify({ address: `http://127.0.0.1:${server.address().port}` }));
});
