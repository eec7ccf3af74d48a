/** Keys of users, which the core knows only as text. Twin: real/ssh-keys.ts. */
export type KeyKind = 'ssh' | 'x509';

export interface SshKeys {
  /**
   * In hex with colons: of an SSH key its MD5, of a certificate its SHA-1. Null when the text is
   * nothing of the kind.
   */
  fingerprint(public_key: string, kind: KeyKind): string | null;
  /** A new pair; whoever asked is the only one who is ever told the private half. */
  generate(comment: string, kind: KeyKind): Promise<KeyPair>;
}

export interface KeyPair {
  /** A line as in `authorized_keys`, or a certificate in PEM. */
  readonly public_key: string;
  readonly private_key: string;
}
