/** A server whose guest counts, on its console and on its disk: its images, its flavor, and it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSmallGuest } from '../src/real/qemu/small-guest.ts';
import { type Api, logIn, type Product, until } from './product.ts';

export const GUEST_MIB = 128;

interface About {
  readonly api: Api;
  readonly product: Product;
  /** Where its files are made. */
  readonly directory: string;
}

/** Its id, and the host that it is on. */
export async function countingServer(about: About): Promise<{ id: string; host: string }> {
  const { api, directory } = about;
  const { kernel, initramfs } = makeSmallGuest(directory);
  const disk = join(directory, 'disk');
  writeFileSync(disk, Buffer.alloc(1024 * 1024));
  const imageRef = await image(about, 'counts', disk, {
    kernel_id: await image(about, 'kernel', kernel, {}),
    ramdisk_id: await image(about, 'initramfs', initramfs, {}),
    os_command_line: 'console=ttyS0 quiet panic=-1 records=1',
  });
  const shape = { name: 'small', vcpus: 1, ram: GUEST_MIB, disk: 0 };
  const flavor = await api('POST', '/compute/v2.1/flavors', { flavor: shape });
  const flavorRef = flavor.body.flavor.id;
  const server = { name: 'counts', imageRef, flavorRef, networks: 'none' };
  const { id } = (await api('POST', '/compute/v2.1/servers', { server })).body.server;
  const there = await until(
    async () => (await api('GET', `/compute/v2.1/servers/${id}`)).body.server,
    ({ status }) => status === 'ACTIVE' || status === 'ERROR',
  );
  if (there.status === 'ERROR') throw new Error(JSON.stringify(there));
  return { id, host: there['OS-EXT-SRV-ATTR:host'] };
}

async function image(
  { api, product }: About,
  name: string,
  file: string,
  more: object,
): Promise<string> {
  const formats = { disk_format: 'raw', container_format: 'bare' };
  const made = await api('POST', '/image/v2/images', { name, ...formats, ...more });
  const { id } = made.body;
  const response = await fetch(`${product.url}/image/v2/images/${id}/file`, {
    method: 'PUT',
    headers: {
      'x-auth-token': await logIn(product),
      'content-type': 'application/octet-stream',
    },
    body: readFileSync(file),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return id;
}
