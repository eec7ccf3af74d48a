/**
 * XDR (RFC 4506), as far as libvirt's protocol uses it: everything in steps of four bytes, large
 * ends first.
 *
 *   string     length, bytes, zeros up to the next step      optional   0, or 1 and the thing
 *   parameter  name, kind, value                             array      count, things
 */

/** What a reader throws where a message ends too soon, or says what it cannot. */
export class BadMessage extends Error {
  override readonly name = 'BadMessage';
}

export interface DomainName {
  readonly name: string;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** -1: it does not run. */
  readonly id: number;
}

/** What a parameter can be here; a `number` is carried as an unsigned 64-bit integer. */
export type Parameter = string | number | boolean;
export type Parameters = Readonly<Record<string, Parameter | readonly string[]>>;

const KIND = {
  int: 1,
  uint: 2,
  llong: 3,
  ullong: 4,
  double: 5,
  boolean: 6,
  string: 7,
} as const;

const STEP = 4;
const padding = (bytes: number): number => (STEP - (bytes % STEP)) % STEP;

export class XdrWriter {
  readonly #pieces: Uint8Array[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  uint(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    return this.#add(bytes);
  }

  hyper(value: number | bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return this.#add(bytes);
  }

  opaque(value: Uint8Array): this {
    return this.uint(value.length)
      .#add(value)
      .#add(Buffer.alloc(padding(value.length)));
  }

  string(value: string): this {
    return this.opaque(Buffer.from(value, 'utf8'));
  }

  optionalString(value: string | null): this {
    return value === null ? this.uint(0) : this.uint(1).string(value);
  }

  domain({ name, uuid, id }: DomainName): this {
    return this.string(name).#add(uuid).uint(id);
  }

  /** A list under one name is that name several times. */
  parameters(given: Parameters): this {
    const all = Object.entries(given).flatMap(([name, value]) =>
      typeof value === 'object'
        ? value.map((one) => [name, one] as const)
        : [[name, value] as const],
    );
    this.uint(all.length);
    for (const [name, value] of all) this.string(name).#parameter(value);
    return this;
  }

  #parameter(value: Parameter): this {
    if (typeof value === 'string') return this.uint(KIND.string).string(value);
    if (typeof value === 'boolean') return this.uint(KIND.boolean).uint(value ? 1 : 0);
    return this.uint(KIND.ullong).hyper(value);
  }

  #add(bytes: Uint8Array): this {
    this.#pieces.push(bytes);
    return this;
  }
}

export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint = (): number => this.#take(4).readUInt32BE();
  int = (): number => this.#take(4).readInt32BE();
  hyper = (): number => Number(this.#take(8).readBigUInt64BE());
  double = (): number => this.#take(8).readDoubleBE();

  /** All that has not been read. */
  rest = (): Buffer => this.#take(this.#bytes.length - this.#at);

  opaque(): Buffer {
    const length = this.uint();
    const value = this.#take(length);
    this.#take(padding(length));
    return value;
  }

  string = (): string => this.opaque().toString('utf8');
  optionalString = (): string | null => (this.uint() === 0 ? null : this.string());

  domain = (): DomainName => ({
    name: this.string(),
    uuid: Uint8Array.from(this.#take(16)),
    id: this.int(),
  });

  array<T>(read: () => T): T[] {
    return Array.from({ length: this.uint() }, read);
  }

  /** By name; of a name that comes several times, the last. */
  parameters(): Readonly<Record<string, Parameter>> {
    return Object.fromEntries(this.array(() => [this.string(), this.#parameter()]));
  }

  #parameter(): Parameter {
    const kind = this.int();
    switch (kind) {
      case KIND.int:
        return this.int();
      case KIND.uint:
        return this.uint();
      case KIND.llong:
      case KIND.ullong:
        return this.hyper();
      case KIND.double:
        return this.double();
      case KIND.boolean:
        return this.int() !== 0;
      case KIND.string:
        return this.string();
      default:
        throw new BadMessage(`a parameter of kind ${kind}`);
    }
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new BadMessage('a message that ends too soon');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
