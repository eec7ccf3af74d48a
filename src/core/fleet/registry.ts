/**
 * The register of hosts: turns what an agent reports into rows, and changes only what differs.
 *
 *   reported now ──┐
 *   reported last ─┼─► to add · to change · to take away      host · provider · inventories ·
 *   in the books ──┘                                          cells · traits · aggregates
 *
 *   F1  the same report again changes nothing;
 *   F2  what others added (traits, inventories, aggregates) stays: only what this host reported
 *       before and no longer reports is taken away;
 *   F3  what somebody holds a part of is never taken away, nor a NUMA cell of which anything is
 *       held, nor a device; an inventory may fall below its use (L1);
 *   F4  an earlier life of the agent is not believed any more.
 *
 * A ratio is the operator's if one is configured, else what the provider has, else the initial one.
 * An amount kept back that others changed stays so until the host itself says another one.
 */
import type { Draft } from '../ledger/draft.ts';
import { createProvider, type ProviderRefusal } from '../ledger/provider.ts';
import type { ProviderRow } from '../ledger/rows.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { writeAdditions } from './additions.ts';
import { hostZones } from './aggregate-rows.ts';
import { zoneSaid } from './aggregates.ts';
import { uncleanOn, writeCleaned, writeDevices } from './devices.ts';
import { isDue, sayAgain } from './heartbeat.ts';
import { hostMetrics } from './metric-rows.ts';
import { keptBackOf, type LastReport, ratiosOf, writeProvider } from './provider.ts';
import type { HostReport, UsedDevice } from './report.ts';
import { type HostReportRow, type HostRow, hostReports, hosts } from './rows.ts';

/** Why a report was not taken. */
export type RegisterRefusal =
  /** A later life of this agent has been heard: this one should be gone. */
  | { readonly why: 'stale'; readonly incarnation: number }
  /** The name is that of another machine: rename this one, or remove the other. */
  | { readonly why: 'another-machine'; readonly uuid: string }
  | ProviderRefusal;

export interface Registered {
  readonly host: HostRow;
  /** What the ledger multiplies by, for the agent's own check (Agent.learn). */
  readonly ratios: Readonly<Record<string, number>>;
  /** Its devices that somebody has used, and nobody has cleaned since. */
  readonly unclean: readonly UsedDevice[];
  /** Reported, but neither standard nor CUSTOM_: for the operator to know. */
  readonly unknown: readonly string[];
}

const nothing: LastReport = { classes: [], traits: [], aggregates: [], reserved: null };

export function applyReport(
  draft: Draft,
  report: HostReport,
): Decision<Registered, RegisterRefusal> {
  const before = draft.rows(hosts).get(report.host);
  if (before !== undefined && before.uuid !== report.uuid) {
    return no({ why: 'another-machine', uuid: before.uuid });
  }
  if (before !== undefined && before.incarnation > report.incarnation) {
    return no({ why: 'stale', incarnation: before.incarnation });
  }
  const found = providerOf(draft, report);
  if (found.is === 'no') return found;
  const { id } = found.value;
  const last = draft.rows(hostReports).get(report.host) ?? nothing;
  const unknown = [
    ...writeProvider(draft, id, report, last),
    ...writeDevices(draft, id, report),
    ...writeAdditions(draft, id, report),
  ];
  const host = writeHost(draft, id, report, before);
  writeReport(draft, report, last);
  writeZone(draft, report);
  writeMetrics(draft, id, report);
  writeCleaned(draft, id, report);
  const unclean = uncleanOn(draft, id);
  return done({ host, ratios: ratiosOf(draft, id, report), unclean, unknown });
}

function providerOf(draft: Draft, report: HostReport): Decision<ProviderRow, ProviderRefusal> {
  const { uuid, host: name } = report;
  const found = draft.books.provider(uuid);
  return found === undefined
    ? createProvider(draft, { uuid, name, parent_uuid: null })
    : done(found);
}

function writeHost(
  draft: Draft,
  provider_id: number,
  report: HostReport,
  before: HostRow | undefined,
): HostRow {
  const reported = {
    name: report.host,
    uuid: report.uuid,
    provider_id,
    availability_zone: zoneSaid(draft, report.host) ?? report.availability_zone,
    hypervisor_type: report.hypervisor_type,
    hypervisor_version: report.hypervisor_version,
    cpu_info: report.cpu_info,
    host_ip: report.host_ip,
    booted_at_ms: report.booted_at_ms ?? null,
    incarnation: report.incarnation,
  };
  const row: HostRow = {
    ...(before ?? unheard(draft.now_ms)),
    ...reported,
    state: 'up',
    heard_at_ms: draft.now_ms,
  };
  const same = before !== undefined && sameBut('heard_at_ms', before, row);
  if (same && !isDue(before, draft.now_ms)) return before;
  draft.put(hosts, row);
  if (!same) sayAgain(draft, provider_id);
  return row;
}

const unheard = (now_ms: number) => ({
  status: 'enabled' as const,
  disabled_reason: null,
  forced_down: false,
  created_at_ms: now_ms,
});

function writeReport(draft: Draft, report: HostReport, last: LastReport): void {
  const row: HostReportRow = {
    host: report.host,
    classes: report.inventories.map((one) => one.resource_class),
    traits: report.traits,
    aggregates: report.aggregates,
    reserved: keptBackOf(report.inventories),
  };
  if (!sameBut('host', row, { host: report.host, ...last })) draft.put(hostReports, row);
}

/** What it is configured with, for when no aggregate says otherwise (AG2). */
function writeZone(draft: Draft, { host, availability_zone: configured }: HostReport): void {
  const before = draft.rows(hostZones).get(host)?.configured;
  if (before !== configured) draft.put(hostZones, { host, configured });
}

/** The figures of this moment, those of an earlier one gone with it. */
function writeMetrics(draft: Draft, provider_id: number, { host, metrics }: HostReport): void {
  const before = draft.rows(hostMetrics).get(host);
  if (metrics === undefined) {
    if (before !== undefined) draft.remove(hostMetrics, before);
    return;
  }
  const row = { host, provider_id, figures: metrics };
  if (before === undefined || !sameBut('host', row, before)) draft.put(hostMetrics, row);
}

/** Whether two rows hold the same values, by their JSON text, apart from one column. */
function sameBut<Row extends object>(column: keyof Row & string, a: Row, b: Row): boolean {
  return (Object.keys(a) as (keyof Row & string)[]).every(
    (name) => name === column || JSON.stringify(a[name]) === JSON.stringify(b[name]),
  );
}
