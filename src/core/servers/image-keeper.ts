/**
 * Takes away the bytes of images whose rows have gone: the row decides, the bytes follow.
 *
 *   a row goes ─► its bytes go
 *   at the start, and every SWEEP_EVERY: bytes without a row go: a process died between the two, or
 *   a host brought bytes too late
 *
 * An image's row is there before its first byte is, and its id never comes again; so bytes without
 * a row are nobody's, whoever is just bringing some.
 */
import { type Millis, millis } from '../base/units.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageFiles } from '../ports/image-files.ts';
import type { Batch } from '../ports/store.ts';
import { type ImageRow, images } from './rows.ts';

const SWEEP_EVERY: Millis = millis(600_000);

export class ImageKeeper {
  readonly #ledger: Ledger;
  readonly #files: ImageFiles;

  constructor(ledger: Ledger, files: ImageFiles) {
    this.#ledger = ledger;
    this.#files = files;
    ledger.subscribe((batch) => void this.#follow(batch));
  }

  /** Goes on until `over`. */
  async watch(clock: Clock, over: () => boolean): Promise<void> {
    while (!over()) {
      await this.sweep();
      await clock.sleep(SWEEP_EVERY);
    }
  }

  async sweep(): Promise<void> {
    const there = await this.#files.list();
    if ((await this.#ledger.current()).is !== 'done') return; // others may have made rows since
    const strays = await this.#ledger.read((view) =>
      there.filter((id) => !view.rows(images).has(id)),
    );
    for (const id of strays) await this.#files.remove(id);
  }

  async #follow({ changes }: Batch): Promise<void> {
    for (const { table, row, gone } of changes) {
      if (gone && table === images.name) await this.#files.remove((row as ImageRow).id);
    }
  }
}
