/** Images for hosts within the control plane's own process: rows and files at hand. */
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import { images } from '../../core/servers/rows.ts';
import type { ImageSource } from '../../real/qemu/outfit.ts';
import { bootImageOf } from './boot-image.ts';

export const ledgerImages = (ledger: Ledger, files: ImageFiles): ImageSource => ({
  find: async (id) => ledger.read((view) => bootImageOf(view.rows(images).get(id))),
  open: (id) => files.open(id),
  save: (...given) => files.save(...given),
  remove: (id) => files.remove(id),
});
