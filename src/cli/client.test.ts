/**
 * Goal: event streams are read whatever way their bytes are cut.
 * Method: one stream, cut in two at every place.
 */
import { deepEqual } from 'node:assert/strict';
import test from 'node:test';
import { parseEvents, type ServerEvent } from './client.ts';

const STREAM = [
  'retry: 1000',
  ': here',
  '',
  'id: 7',
  'event: operation',
  'data: {"id":"é:1"}',
  '',
  ': beat',
  '',
  'id: 8',
  'event: reset',
  'data: {}',
  '',
  'id: 9',
  'event: host',
].join('\n');

async function* cut(at: number): AsyncGenerator<string> {
  yield STREAM.slice(0, at);
  yield STREAM.slice(at);
}

test('frames are read across any cut; comments and what is unfinished are not frames', async () => {
  for (let at = 0; at <= STREAM.length; at++) {
    const events: ServerEvent[] = [];
    for await (const event of parseEvents(cut(at))) events.push(event);
    const expected = [
      { name: 'operation', data: { id: 'é:1' } },
      { name: 'reset', data: {} },
    ];
    deepEqual(events, expected, `cut at ${at}`);
  }
});
