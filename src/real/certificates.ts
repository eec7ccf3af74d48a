/**
 * X.509 key pairs, for guests that let their users in by certificate (Windows does).
 *
 *   certificate: of its own making, for client authentication, ten years
 */
import { generateKeyPair, randomBytes, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

const RSA_BITS = 2048;
const YEARS = 10;
const makePair = promisify(generateKeyPair);

/** SHA-1 of a certificate in PEM, in hex with colons; null when the text is no certificate. */
export function certificateFingerprint(pem: string): string | null {
  try {
    return new X509Certificate(pem).fingerprint.toLowerCase();
  } catch {
    return null;
  }
}

/** A new certificate and its key, both in PEM; `name` is whom it is for. */
export async function makeCertificate(name: string, now_ms: number) {
  const pair = await makePair('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = `00${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(now_ms);
  certificate.validity.notAfter = new Date(now_ms);
  certificate.validity.notAfter.setUTCFullYear(new Date(now_ms).getUTCFullYear() + YEARS);
  const subject = [{ name: 'commonName', value: name }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([{ name: 'extKeyUsage', clientAuth: true }]);
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create());
  return { public_key: forge.pki.certificateToPem(certificate), private_key: pair.privateKey };
}
