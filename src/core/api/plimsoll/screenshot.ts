/** GET /servers/{uuid}/screenshot: what is to be seen of its guest. The Compute API has none. */
import { Type } from 'typebox';
import { servers } from '../../servers/rows.ts';
import { refusal } from './moves.ts';
import { found, missing, own, written } from './route.ts';
import { sees } from './servers.ts';

export const showScreenshot = own({
  method: 'GET',
  path: '/servers/:uuid/screenshot',
  summary: "What is to be seen on a server's screen, as a PNG file",
  audience: 'member',
  query: Type.Object({}),
  reply: Type.Object({ png: Type.String({ description: 'in base64' }) }),
  refusals: { 409: 'its guest neither runs nor is paused' },
  handle: async ({ caller, params: { uuid = '' } }, { ledger, operations }) => {
    const row = await ledger.read((view) => view.rows(servers).get(uuid));
    if (row === undefined || !sees(caller, row.project_id)) return missing(`server ${uuid}`);
    const reply = await operations.screenshot(uuid);
    return written(
      reply,
      (png) => found({ png }),
      (why) => refusal(why, uuid, 'has no screenshot now'),
    );
  },
});
