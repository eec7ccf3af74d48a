/**
 * Placement alone, at `/` of one port, on one database (a file, or PostgreSQL by its URL): for
 * conformance runs, for comparisons with the original, and for operators who want nothing else.
 * What our ledger answers beyond it is below /plimsoll/v1 of the same port.
 *
 *   node dist/main/placement.js PORT DB
 *
 * It stays in the foreground and ends at SIGTERM or SIGINT. Options come from the environment, or
 * from the file that PLIMSOLL_CONFIG names (docs/configuration.md). Whatever stops it from starting
 * is told in lines, with exit status 1.
 */
import { fault, faultResponse } from '../core/api/placement/fault.ts';
import { type PlacementRooms, placementService } from '../core/api/placement/service.ts';
import { plimsollLedgerService } from '../core/api/plimsoll/service.ts';
import { Ledger } from '../core/ledger/ledger.ts';
import { ledgerTables } from '../core/ledger/rows.ts';
import { seedLedger } from '../core/ledger/standard.ts';
import { realClock } from '../real/clock.ts';
import { realEntropy } from '../real/entropy.ts';
import { mount, startHttpServer } from '../real/http-server.ts';
import { realJournal } from '../real/journal.ts';
import { inLines } from './config/read-settings.ts';
import { noauth } from './noauth.ts';
import { readPlacementOptions } from './placement-options.ts';
import { openDatabase } from './up/database.ts';

const HOST = '127.0.0.1';

async function main([port = '', database = '']: readonly string[]): Promise<void> {
  if (!/^\d+$/.test(port) || database === '')
    return stop('usage: placement PORT DATABASE (a file, or postgres://…)');
  const read = readPlacementOptions(process.env);
  if (read.is === 'no') return stop(inLines(read.why));

  const opened = await openDatabase(database, ledgerTables, 'DB');
  if (opened.is === 'no') return stop(opened.why);
  const ledger = await Ledger.open(ledgerTables, opened.value, realClock);
  const seeded = await seedLedger(ledger);
  if (seeded.is !== 'done') return stop(`cannot write to ${database}`);

  const rooms: PlacementRooms = { ledger, clock: realClock, entropy: realEntropy };
  const started = await startHttpServer({
    services: [
      mount(placementService(read.value), rooms),
      mount(plimsollLedgerService, { ledger, clock: realClock }),
    ],
    authenticate: noauth,
    host: HOST,
    port: Number(port),
    journal: realJournal('warn'),
    malformed,
  });
  if (started.is !== 'listening') return stop(`cannot listen on ${HOST}:${port}: ${started.is}`);

  const end = async () => {
    await started.stop();
    await opened.value.close();
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

function stop(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

/** Bytes that never became a request; all that is known of them is how they begin. */
function malformed(head: string) {
  const lengths = [...head.matchAll(/^content-length:[ \t]*(.*?)[ \t]*\r?$/gim)];
  const wrong = lengths.some(([, value]) => !/^\d+$/.test(value ?? ''));
  const detail = wrong
    ? 'content-length header must be an integer'
    : 'The request is not well-formed HTTP.';
  return faultResponse(unread, fault(400, detail), 0);
}

const unread = {
  method: 'GET',
  path: '/',
  origin: '',
  params: {},
  query: '',
  headers: {},
  body: null,
  stream: null,
  caller: null,
  request_id: `req-${realEntropy.uuid()}`,
};

await main(process.argv.slice(2));
