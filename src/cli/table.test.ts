/**
 * Goal: columns line up whatever is in them, and colour takes no room.
 * Method: small tables compared as text.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type Column, state, table } from './table.ts';

interface Row {
  readonly name: string | null;
  readonly size: number;
  readonly state: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'SIZE', right: true, cell: ({ size }) => size },
  { title: 'STATE', cell: (row) => row.state },
];
const plain = (rows: readonly Row[]) => stripVTControlCharacters(table(columns, rows));

test('numbers stand right, words left, nothing is a dash', () => {
  const text = plain([
    { name: 'ein-längerer-name', size: 5, state: 'up' },
    { name: null, size: 12_345, state: 'down' },
  ]);
  const lines = [
    'NAME                SIZE  STATE',
    'ein-längerer-name      5  up',
    '-                  12345  down',
  ];
  equal(text, lines.join('\n'));
});

test('a title wider than its cells sets the width', () => {
  equal(plain([{ name: 'a', size: 1, state: 'up' }]), 'NAME  SIZE  STATE\na        1  up');
});

test('colour takes no room', () => {
  const size = 1;
  const painted = [
    { name: '\u001b[32mup\u001b[39m', size, state: state('up') },
    { name: 'down', size, state: state('down') },
  ];
  equal(plain(painted), 'NAME  SIZE  STATE\nup       1  up\ndown     1  down');
});
