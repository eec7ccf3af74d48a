/** The table of choices: why servers went where they went, the last ones, for a while. */
import { table } from '../base/table.ts';
import type { Choice } from './choice.ts';

export const choices = table<Choice>({
  name: 'choice',
  columns: {
    id: 'text',
    server_uuid: 'text',
    asked: 'json',
    decided_at_ms: 'integer',
    host: 'text',
    score: 'real',
    points: 'json',
    runners_up: 'json',
    funnel: 'json',
    passed_over: 'json',
    hosts_total: 'integer',
    summary: 'text',
  },
  primary: ['id'],
  indexes: ['server_uuid'],
});
