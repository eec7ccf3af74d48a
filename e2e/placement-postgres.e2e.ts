/**
 * Goal: Placement is the same on PostgreSQL: its own functional tests pass there too.
 * Method: the conformance files, each against a program of its own on a schema of its own, on a
 * real database server.
 */
import { match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { postgresPrograms, startPostgres } from '../src/real/postgres/server.fixture.ts';
import { ROOT } from './product.ts';

const run = promisify(execFile);
const folder = join(
  process.env['PLIMSOLL_CONFORMANCE'] ?? join(ROOT, '../shared/conformance'),
  'placement',
);
const programs = postgresPrograms();
const PORT_BASE = '19600';

function whyNot(): string | false {
  if (programs === null) return 'no PostgreSQL here: apt-get install postgresql';
  return existsSync(join(folder, 'run.py')) ? false : `no ${folder}/run.py`;
}

test("Placement's own tests pass on PostgreSQL", { skip: whyNot() }, async () => {
  const server = await startPostgres(programs as string);
  after(() => server.stop());
  // {db} is a path of its own for each file; its digest names the schema.
  const schema = 'c$(echo {db} | md5sum | cut -c1-20)';
  const program = join(ROOT, 'tools/placement-conformance');
  const start = `sh -c 'exec ${program} {port} "${server.url}?schema=${schema}"'`;
  const args = ['--gabbits', join(folder, 'gabbits'), '--port-base', PORT_BASE, '--start', start];
  const { stdout } = await run('/usr/bin/python3', [join(folder, 'run.py'), ...args]);
  match(stdout.trim().split('\n').at(-1) ?? '', /^6\d\d passed, 0 failed, 0 skipped$/);
});
