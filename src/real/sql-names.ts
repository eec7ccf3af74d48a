/** Names in SQL, as every engine reads them: e.g. `"host", "uuid"`. */
export const names = (columns: readonly string[]): string =>
  columns.map((column) => `"${column}"`).join(', ');
