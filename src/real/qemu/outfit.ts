/**
 * Puts into a guest's folder what it starts from: copies of its image's files, its own from then
 * on. No copy is shared and none is a layer over another, so no file ever names another one.
 */
import { open, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HypervisorRefusal } from '../../core/ports/hypervisor.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import type { GuestSpec } from '../../core/ports/order.ts';
import { type Decision, done, no, type Reply } from '../../core/ports/reply.ts';
import type { DiskFormat, Outfit } from './command-line.ts';
import { volume } from './iso9660.ts';
import { runTool } from './process.ts';

/** What is known of an image, as its owner stated it. */
export interface BootImage {
  /** Null: no disk of its own, only a kernel to start. */
  readonly disk_format: DiskFormat | null;
  readonly kernel_id: string | null;
  readonly ramdisk_id: string | null;
  readonly command_line: string | null;
}

/** The image service, as a host knows it. */
export interface ImageSource extends Pick<ImageFiles, 'save' | 'remove'> {
  /** `no`: what is wrong with it, and would be on any host. */
  find(image_id: string): Promise<Reply<BootImage, string>>;
  /** Null when there are no such bytes; throws when they cannot be had now. */
  open(image_id: string): Promise<AsyncIterable<Uint8Array> | null>;
}

const GIB = 1024 ** 3;
const COMMAND_LINE = 'console=ttyS0';
const RESIZED_WITHIN_MS = 60_000;

export async function prepare(
  spec: GuestSpec,
  source: ImageSource,
  directory: string,
): Promise<Decision<Outfit, HypervisorRefusal>> {
  const found =
    spec.image_id === null
      ? done<BootImage>({
          disk_format: null,
          kernel_id: null,
          ramdisk_id: null,
          command_line: null,
        })
      : await source.find(spec.image_id);
  if (found.is === 'no') return badImage(found.why);
  if (found.is === 'lost') return no({ why: 'failed', message: 'no image service answers' });
  const { kernel_id, ramdisk_id, command_line, disk_format } = found.value;
  const wanted: readonly [string, string | null][] = [
    ['kernel', kernel_id],
    ['initramfs', ramdisk_id],
    ['disk', disk_format === null ? null : spec.image_id],
  ];
  for (const [name, image_id] of wanted) {
    const copied = image_id === null || (await copy(source, image_id, directory, name));
    if (!copied) return badImage(`the image ${image_id} has no bytes`);
  }
  const disk = disk_format ?? (spec.disk_gib > 0 ? 'raw' : null);
  const grown = disk === null ? done(undefined) : await grow(join(directory, 'disk'), disk, spec);
  if (grown.is === 'no') return no({ why: 'failed', message: grown.why });
  await writeDrive(join(directory, 'drive'), spec.drive);
  return done({
    disk,
    kernel: kernel_id !== null,
    initramfs: ramdisk_id !== null,
    command_line: command_line ?? COMMAND_LINE,
    ...(spec.drive && { drive: true as const }),
  });
}

const DRIVE_LABEL = 'config-2';

async function writeDrive(path: string, files: GuestSpec['drive']): Promise<void> {
  if (files === undefined) return;
  const held = files.map((file) => ({
    path: file.path,
    bytes: 'text' in file ? Buffer.from(file.text) : Buffer.from(file.base64, 'base64'),
  }));
  await writeFile(path, volume(DRIVE_LABEL, held), { mode: 0o600 });
}

async function copy(
  source: ImageSource,
  image_id: string,
  directory: string,
  name: string,
): Promise<boolean> {
  const bytes = await source.open(image_id);
  if (bytes === null) return false;
  const part = join(directory, `${name}.part`);
  const file = await open(part, 'w', 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  await rename(part, join(directory, name));
  return true;
}

const badImage = (message: string) => no({ why: 'bad-image', message } as const);

/** A disk is as large as its flavor says, or as its image is: never cut. */
export async function grow(
  path: string,
  format: DiskFormat,
  { disk_gib }: GuestSpec,
): Promise<Decision<void, string>> {
  if (format === 'raw') {
    const file = await open(path, 'a', 0o600);
    await file.close();
    if ((await stat(path)).size < disk_gib * GIB) await resizeRaw(path, disk_gib * GIB);
    return done(undefined);
  }
  const info = await runTool('qemu-img', ['info', '--output=json', '-f', format, path], 10_000);
  if (info.is === 'no' || info.value.code !== 0) return no(said(info));
  const size_bytes = Number(/"virtual-size": (\d+)/.exec(info.value.output)?.[1]);
  if (!(size_bytes < disk_gib * GIB)) return done(undefined);
  const given = ['resize', '-q', '-f', format, path, `${disk_gib}G`];
  const resized = await runTool('qemu-img', given, RESIZED_WITHIN_MS);
  return resized.is === 'done' && resized.value.code === 0 ? done(undefined) : no(said(resized));
}

async function resizeRaw(path: string, size_bytes: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.truncate(size_bytes).finally(() => file.close());
}

const said = (ran: Decision<{ readonly output: string }, string>): string =>
  ran.is === 'no' ? ran.why : ran.value.output.trim();
