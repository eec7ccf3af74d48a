/** Keeps to the availability zone that was asked for. */
import { type Filter, plainly } from '../plugin.ts';

export const inZone: Filter = {
  name: 'availability-zone',
  wakes: ['host.added', 'host.changed'],
  allows: ({ availability_zone: zone }, { row }) => zone === null || zone === row.availability_zone,
  objection: ({ availability_zone: zone }, { row }) =>
    plainly(`is in zone ${row.availability_zone}, not in ${zone}`),
};
