/**
 * SSH keys by Node's crypto; certificates are in certificates.ts.
 *
 *   public key line:  ssh-rsa BASE64(blob) comment      blob: length-prefixed 'ssh-rsa', e, n
 */
import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { SshKeys } from '../core/ports/ssh-keys.ts';
import { certificateFingerprint, makeCertificate } from './certificates.ts';

const RSA_BITS = 3072;
const makePair = promisify(generateKeyPair);

export const realSshKeys: SshKeys = {
  fingerprint(public_key, kind) {
    if (kind === 'x509') return certificateFingerprint(public_key);
    const [type = '', body = ''] = public_key.trim().split(/\s+/);
    const blob = Buffer.from(body, 'base64');
    const named = blob.length > 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() : '';
    if (type === '' || named !== type) return null;
    const digest = createHash('md5').update(blob).digest('hex');
    return digest.match(/../g)?.join(':') ?? null;
  },

  async generate(comment, kind) {
    if (kind === 'x509') return makeCertificate(comment, Date.now());
    const { publicKey, privateKey } = await makePair('rsa', { modulusLength: RSA_BITS });
    const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
    const blob = Buffer.concat([
      field(Buffer.from('ssh-rsa')),
      field(positive(Buffer.from(e, 'base64url'))),
      field(positive(Buffer.from(n, 'base64url'))),
    ]);
    return {
      public_key: `ssh-rsa ${blob.toString('base64')} ${comment}`,
      private_key: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    };
  },
};

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A number whose first bit is set needs a zero before it, or it would be a negative one. */
const positive = (bytes: Buffer): Buffer =>
  ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
