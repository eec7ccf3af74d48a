/** What a new installation has from the beginning, so that the first server is one command away. */
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import { done, no } from '../../core/ports/reply.ts';
import { type FlavorRow, flavors, type ImageRow, images } from '../../core/servers/rows.ts';

const BLANK_BYTES = 1024 * 1024;

/** name, vCPUs, MiB, GiB */
const sizes: readonly [string, number, number, number][] = [
  ['m1.tiny', 1, 512, 1],
  ['m1.small', 1, 2048, 20],
  ['m1.medium', 2, 4096, 40],
  ['m1.large', 4, 8192, 80],
];

/** Makes them where there are no flavors and no images at all; a user's choice is left alone. */
export async function furnish(
  ledger: Ledger,
  files: ImageFiles,
  ids: { readonly image: string; readonly owner: string },
): Promise<void> {
  const bare = await ledger.read(
    (view) => view.rows(flavors).size === 0 && view.rows(images).size === 0,
  );
  if (!bare) return;
  const saved = await files.save(ids.image, 'raw', zeros());
  const made = await ledger.submit((draft) => {
    // Another process that starts now may have been first.
    if (draft.rows(flavors).size > 0 || draft.rows(images).size > 0) return no('furnished');
    sizes.forEach((size, at) => {
      draft.put(flavors, flavor(String(at + 1), size, draft.now_ms));
    });
    if (saved.is === 'done') {
      const { size_bytes, checksum } = saved.value;
      draft.put(images, blank(ids, size_bytes, checksum, draft.now_ms));
    }
    return done(undefined);
  });
  if (made.is === 'no') await files.remove(ids.image);
}

async function* zeros() {
  yield new Uint8Array(BLANK_BYTES);
}

const flavor = (
  id: string,
  [name, vcpus, memory_mib, disk_gib]: (typeof sizes)[number],
  created_at_ms: number,
): FlavorRow => ({
  id,
  name,
  vcpus,
  memory_mib,
  disk_gib,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs: {},
  access: [],
  created_at_ms,
});

/** An empty disk: it boots to nothing, which is all that a simulated guest needs. */
const blank = (
  ids: { readonly image: string; readonly owner: string },
  size_bytes: number,
  checksum: string,
  now_ms: number,
): ImageRow => ({
  id: ids.image,
  name: 'blank',
  status: 'active',
  visibility: 'public',
  owner: ids.owner,
  disk_format: 'raw',
  container_format: 'bare',
  size_bytes,
  checksum,
  min_disk_gib: 0,
  min_ram_mib: 0,
  protected: false,
  tags: [],
  properties: {},
  created_at_ms: now_ms,
  updated_at_ms: now_ms,
});
