/**
 * The trace of a run: every fact of note with its time, and one number that stands for all of them.
 * Two runs of one seed have the same trace, to the byte; the number says so in one comparison.
 */
export class Trace {
  readonly lines: string[] = [];
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  note(at_ms: number, line: string): void {
    const text = `${String(at_ms).padStart(8)} ${line}`;
    this.lines.push(text);
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      this.#low = Math.imul(this.#low ^ unit, 0x01000193);
      this.#high = Math.imul(this.#high ^ unit, 0x5bd1e995) ^ (this.#high >>> 13);
    }
  }

  /** Sixteen hexadecimal digits: not for secrets, only for "is it the same?". */
  get digest(): string {
    return [this.#high, this.#low].map((h) => (h >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
