// Makes keys and tokens, and serves discovery for them: authority.mjs FOLDER DISTINCT REPEATED
//
// FOLDER/RS256 and FOLDER/ES256 get the files distinct, warm, repeated and one, one token a line, and public.pem. Keys live as
// long as the process. When all is there, it says so on standard error in one line of JSON with the member "address".
import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const AUDIENCE = 'api://orders';
const WARM = 3000;

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs tokens that differ in who calls and in their id. */
function tokens({ algorithm, kid, pem, issuer, count }) {
  const key = { key: createPrivateKey(pem), dsaEncoding: 'ieee-p1363' };
  const now = Math.floor(Date.now() / 1000);
  const header = base64url({ typ: 'JWT', alg: algorithm, kid });
  return Array.from({ length: count }, () => {
    const who = randomUUID();
    const claims = {
      aud: AUDIENCE,
      iss: issuer,
      iat: now,
      nbf: now,
      exp: now + 86400,
      azp: 'b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b',
      oid: who,
      roles: ['Orders.Read', 'Orders.Write'],
      sub: who,
      tid: '6f1c2a9e-5b1d-4c07-9d7e-2f8a4b3c5d60',
      jti: randomUUID(),
      ver: '2.0',
    };
    const signed = `${header}.${base64url(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  });
}

function inWorker(work) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: work });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function main([folder, distinct, repeated]) {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  const kids = Object.fromEntries(Object.keys(pairs).map((algorithm) => [algorithm, randomUUID()]));
  const keys = Object.entries(pairs).map(([alg, { publicKey }]) => ({
    ...publicKey.export({ format: 'jwk' }),
    alg,
    kid: kids[alg],
    use: 'sig',
  }));
  let issuer;
  const documents = {
    '/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${issuer}/keys` }),
    '/keys': () => ({ keys }),
  };
  const server = createServer((request, response) => {
    const document = documents[request.url];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(document && JSON.stringify(document()));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  issuer = `http://127.0.0.1:${server.address().port}`;

  const workers = availableParallelism();
  for (const [algorithm, { publicKey, privateKey }] of Object.entries(pairs)) {
    mkdirSync(`${folder}/${algorithm}`);
    writeFileSync(`${folder}/${algorithm}/public.pem`, publicKey.export({ type: 'spki', format: 'pem' }));
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const all = Number(distinct) + WARM + Number(repeated) + 1;
    const work = { algorithm, kid: kids[algorithm], pem, issuer, count: Math.ceil(all / workers) };
    const made = (await Promise.all(Array.from({ length: workers }, () => inWorker(work)))).flat();
    const write = (name, count) =>
      writeFileSync(`${folder}/${algorithm}/${name}`, `${made.splice(0, Number(count)).join('\n')}\n`);
    write('distinct', distinct);
    write('warm', WARM);
    write('repeated', repeated);
    write('one', 1);
  }
  console.error(JSON.stringify({ address: issuer }));
}

if (isMainThread) {
  await main(process.argv.slice(2));
} else {
  parentPort.postMessage(tokens(workerData));
}
