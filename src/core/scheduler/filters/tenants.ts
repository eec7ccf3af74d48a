/**
 * Keeps hosts to the projects that they are set apart for.
 *
 * An aggregate says so with `filter_tenant_id`, or several keys that begin like that; each may name
 * several projects, with commas between. A host in several such aggregates is for all of theirs.
 * With the option `own_aggregates` a project goes nowhere else (lookup.ts).
 */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const tenants: Filter<Request> = {
  name: 'tenants',
  wakes: ['host.added', 'host.changed'],
  allows: ({ ask }, host) => {
    const { project_id, own_aggregates_only: bound = false } = ask.about;
    if (host.metadata.length === 0) return !bound;
    const projects = projectsOf(host);
    return projects.length === 0 ? !bound : projects.includes(project_id);
  },
  objection: ({ ask }, host) => {
    const count = projectsOf(host).length;
    if (count === 0) return plainly(`is in no aggregate of the project ${ask.about.project_id}`);
    const others = count === 1 ? 'another project' : `${count} other projects`;
    return plainly(`is set apart for ${others}, not for ${ask.about.project_id}`);
  },
};

const projectsOf = ({ metadata }: HostView): readonly string[] => projectsIn(metadata);

/** The projects that metadata of aggregates names. */
export const projectsIn = (
  metadata: readonly Readonly<Record<string, string>>[],
): readonly string[] =>
  metadata
    .flatMap((one) => Object.entries(one))
    .filter(([key]) => key.startsWith('filter_tenant_id'))
    .flatMap(([, value]) => value.split(','))
    .map((project) => project.trim());
