/** SSH keys, which the core knows only as text. Twin: real/ssh-keys.ts. */
export interface SshKeys {
  /** MD5 of the key, as 16 bytes in hex with colons; null when the text is no public key. */
  fingerprint(public_key: string): string | null;
  /** A new pair; whoever asked is the only one who is ever told the private half. */
  generate(comment: string): Promise<{ readonly public_key: string; readonly private_key: string }>;
}
