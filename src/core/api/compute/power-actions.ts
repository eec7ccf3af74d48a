/**
 * Server actions that switch a guest where it is, and the one that reads its console.
 *
 *   os-start os-stop pause unpause suspend resume reboot {type}   202   sagas/power-server.ts
 *   restore   what was deleted, while it can be                   202
 *   os-getConsoleOutput {length}                                  200
 *   changePassword {adminPass}                                    202   409 without an agent in it
 *   trigger_crash_dump                                            202   2.17–
 *   injectNetworkInfo   operators                                 202   there is nothing to inject
 *   resetNetwork                                                  410   the API has it no more
 */
import { Type } from 'typebox';
import type { PowerChange } from '../../servers/lifecycle.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { fault, operated } from './faults.ts';
import { askerOf } from './locked.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { runHeaders } from './servers.ts';

type Act = ComputeRoute['handle'];

const reboots: Readonly<Record<string, PowerChange>> = {
  ...{ SOFT: 'reboot-soft', Soft: 'reboot-soft', soft: 'reboot-soft' },
  ...{ HARD: 'reboot-hard', Hard: 'reboot-hard', hard: 'reboot-hard' },
};
const Reboot = bodyOf(
  strict({
    reboot: strict({ type: Type.Union(Object.keys(reboots).map((word) => Type.Literal(word))) }),
  }),
);
const Console = bodyOf(
  strict({
    'os-getConsoleOutput': strict({
      length: Type.Optional(
        Type.Union([
          Type.Integer({ minimum: -1 }),
          Type.String({ pattern: '^(-1|[0-9]{1,9})$' }),
          Type.Null(),
        ]),
      ),
    }),
  }),
);

const Password = bodyOf(
  strict({ changePassword: strict({ adminPass: Type.String({ maxLength: 255 }) }) }),
);

const Dump = bodyOf(strict({ trigger_crash_dump: Type.Null() }));

const to =
  (change: PowerChange): Act =>
  (ask, rooms) =>
    switchPower(ask, rooms, change);

async function switchPower(
  ask: Ask,
  { operations }: ComputeRooms,
  change: PowerChange,
): Promise<HttpResponse> {
  const { id = '' } = ask.params;
  const reply = await operations.switchPower(id, askerOf(ask), change);
  return operated(reply, id, ({ run_id }) => ({ status: 202, headers: runHeaders(run_id) }));
}

async function reboot(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = Reboot(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  return switchPower(ask, rooms, reboots[body.value.reboot.type] ?? 'reboot-hard');
}

async function consoleOutput(ask: Ask, { operations }: ComputeRooms): Promise<HttpResponse> {
  const body = Console(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { id = '' } = ask.params;
  const { length = null } = body.value['os-getConsoleOutput'];
  const told = await operations.console(id);
  return operated(told, id, (text) => json(200, { output: lastLines(text, length) }));
}

/** Null and -1: all of it. What comes after the last line break counts as a line. */
function lastLines(text: string, length: number | string | null): string {
  const count = length === null ? -1 : Number(length);
  if (count < 0) return text;
  const lines = text.split('\n');
  return lines.slice(Math.max(0, lines.length - count)).join('\n');
}

async function changePassword(ask: Ask, { operations }: ComputeRooms): Promise<HttpResponse> {
  const body = Password(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { id = '' } = ask.params;
  const { adminPass } = body.value.changePassword;
  const reply = await operations.changePassword(id, askerOf(ask), adminPass);
  return operated(reply, id, () => ({ status: 202 }));
}

async function crashDump(ask: Ask, { operations }: ComputeRooms): Promise<HttpResponse> {
  if (ask.version < 17) return fault(400, 'There is no such action: trigger_crash_dump');
  const body = Dump(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { id = '' } = ask.params;
  const reply = await operations.crashDump(id, askerOf(ask));
  return operated(reply, id, () => ({ status: 202 }));
}

const injectNetworkInfo: Act = async ({ caller }) =>
  isAdmin(caller) ? { status: 202 } : forbidden();

const resetNetwork: Act = async () => fault(410, 'The API does not have this action any more.');

export const powerActions: Readonly<Record<string, Act>> = {
  'os-start': to('start'),
  'os-stop': to('stop'),
  pause: to('pause'),
  unpause: to('unpause'),
  suspend: to('suspend'),
  resume: to('resume'),
  restore: to('restore'),
  reboot,
  'os-getConsoleOutput': consoleOutput,
  changePassword,
  trigger_crash_dump: crashDump,
  injectNetworkInfo,
  resetNetwork,
};
