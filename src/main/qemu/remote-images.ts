/** Images for hosts on other machines, by way of their control planes. Twin: ledger-images.ts. */
import type { SavedFile, SaveRefusal } from '../../core/ports/image-files.ts';
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import type { BootImage, ImageSource } from '../../real/qemu/outfit.ts';
import type { Ask, Asked } from './control-line.ts';
import { ImageCache } from './image-cache.ts';

export interface RemoteImagesAbout {
  readonly ask: Ask;
  /** Where they are kept, and how much of them. */
  readonly directory: string;
  readonly bytes_max: number;
}

export function remoteImages(about: RemoteImagesAbout): ImageSource {
  const { ask } = about;
  const cache = new ImageCache(about);
  return {
    find: async (id) => bootImage(await ask(`/images/${id}`)),
    open: (id) => cache.open(id),
    save: async (id, format, bytes) => {
      const path = `/images/${id}/file?format=${format}`;
      const asked = await ask(path, {}, { method: 'PUT', body: bytes });
      if (asked.is === 'lost' || asked.response.status === 503) return lost;
      const said: unknown = await asked.response.json();
      if (asked.response.status === 200) return done(said as SavedFile);
      if (asked.response.status === 422) return no(said as SaveRefusal);
      return no({ why: 'unavailable', message: (said as Trouble).message });
    },
    remove: async (id) => void (await ask(`/images/${id}/file`, {}, { method: 'DELETE' })),
  };
}

interface Trouble {
  readonly message: string;
}

async function bootImage(asked: Asked): Promise<Reply<BootImage, string>> {
  if (asked.is === 'lost') return lost;
  const { status } = asked.response;
  if (status !== 200 && status !== 404) return lost;
  const said: unknown = await asked.response.json();
  return status === 200 ? done(said as BootImage) : no((said as Trouble).message);
}
