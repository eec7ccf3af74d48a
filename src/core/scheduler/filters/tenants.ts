/**
 * Keeps hosts to the projects that they are set apart for.
 *
 * An aggregate says so with `filter_tenant_id`, or several keys that begin like that; each may name
 * several projects, with commas between. A host in several such aggregates is for all of theirs.
 */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const tenants: Filter<Request> = {
  name: 'tenants',
  wakes: ['host.added', 'host.changed'],
  allows: ({ ask }, host) => {
    const { metadata } = host;
    if (metadata.length === 0) return true;
    const projects = projectsOf(host);
    return projects.length === 0 || projects.includes(ask.about.project_id);
  },
  objection: ({ ask }, host) => {
    const count = projectsOf(host).length;
    const others = count === 1 ? 'another project' : `${count} other projects`;
    return plainly(`is set apart for ${others}, not for ${ask.about.project_id}`);
  },
};

const projectsOf = ({ metadata }: HostView): readonly string[] =>
  metadata
    .flatMap((one) => Object.entries(one))
    .filter(([key]) => key.startsWith('filter_tenant_id'))
    .flatMap(([, value]) => value.split(','))
    .map((project) => project.trim());
