/**
 * Goal: keys that we make are keys, and fingerprints are those that everybody sees.
 * Method: sign with the private half, verify with what the public line holds; a known fingerprint.
 */
import { equal, match } from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import test from 'node:test';
import { realSshKeys } from './ssh-keys.ts';

test('a pair that was made fits together', async () => {
  const { public_key, private_key } = await realSshKeys.generate('me@here', 'ssh');
  match(public_key, /^ssh-rsa [A-Za-z0-9+/]+=* me@here$/);
  match(String(realSshKeys.fingerprint(public_key, 'ssh')), /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  const fields: Buffer[] = [];
  let rest = Buffer.from(public_key.split(' ')[1] ?? '', 'base64');
  while (rest.length > 0) {
    const length = rest.readUInt32BE(0);
    fields.push(rest.subarray(4, 4 + length));
    rest = rest.subarray(4 + length);
  }
  const [name, e = Buffer.alloc(0), n = Buffer.alloc(0)] = fields;
  equal(String(name), 'ssh-rsa');
  const jwk = { kty: 'RSA', e: e.toString('base64url'), n: n.subarray(1).toString('base64url') };
  const signature = sign('sha256', Buffer.from('x'), createPrivateKey(private_key));
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  equal(verify('sha256', Buffer.from('x'), key, signature), true);
});

test('the fingerprint of a known key, and none of what is no key', () => {
  const blob = Buffer.concat([
    Buffer.from('0000000b7373682d6564323535313900000020', 'hex'),
    Buffer.alloc(32, 1),
  ]);
  const line = `ssh-ed25519 ${blob.toString('base64')} comment`;
  equal(realSshKeys.fingerprint(line, 'ssh')?.length, 47);
  for (const text of ['', 'ssh-rsa', 'ssh-rsa AAAA', line.replace('ed25519', 'rsa')]) {
    equal(realSshKeys.fingerprint(text, 'ssh'), null);
  }
});

test('a certificate that was made is of its key, lets clients in, and has a fingerprint', async () => {
  const { public_key, private_key } = await realSshKeys.generate('alice', 'x509');
  const certificate = new X509Certificate(public_key);
  equal(certificate.checkPrivateKey(createPrivateKey(private_key)), true);
  equal(certificate.verify(certificate.publicKey), true, 'signed by itself');
  equal(certificate.subject, 'CN=alice');
  equal(certificate.keyUsage.join(), '1.3.6.1.5.5.7.3.2', 'client authentication');
  equal(realSshKeys.fingerprint(public_key, 'x509'), certificate.fingerprint.toLowerCase());
  equal(realSshKeys.fingerprint('-----BEGIN CERTIFICATE-----', 'x509'), null);
});
