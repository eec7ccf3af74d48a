/**
 * UUIDs as Placement takes them: with or without dashes, braces or `urn:uuid:`, in any case.
 * Where one names a new thing it is stored in the usual form.
 */
const FORM = /^[0-9a-f]{32}$/;

const bare = (text: string): string =>
  text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
    .toLowerCase();

export const isUuidLike = (text: string): boolean => FORM.test(bare(text));

/** Lower case, with dashes. */
export function plainUuid(text: string): string {
  const hex = bare(text);
  const ends = [0, 8, 12, 16, 20, 32];
  return ends
    .slice(1)
    .map((end, i) => hex.slice(ends[i], end))
    .join('-');
}
