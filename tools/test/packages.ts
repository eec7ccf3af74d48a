/**
 * The programs of other people that the tests hold us against: the real OpenStack clients, a real
 * browser, the real Placement. As root on Debian they are installed when they are missing; anyone
 * else is told which part of the tests was left out for want of them.
 */
import { existsSync } from 'node:fs';
import { run } from './command.ts';

/** A file by which each package is known to be there. */
const signs: Readonly<Record<string, string>> = {
  'python3-openstackclient': '/usr/bin/openstack',
  'python3-osc-placement': '/usr/lib/python3/dist-packages/osc_placement',
  'golang-go': '/usr/bin/go',
  'golang-github-gophercloud-gophercloud-dev':
    '/usr/share/gocode/src/github.com/gophercloud/gophercloud',
  keystone: '/usr/bin/keystone-manage',
  'python3-tempest': '/usr/lib/python3/dist-packages/tempest',
  'python3-gabbi': '/usr/lib/python3/dist-packages/gabbi',
  'python3-placement': '/usr/lib/python3/dist-packages/placement',
  'uwsgi-core': '/usr/bin/uwsgi-core',
  'uwsgi-plugin-python3': '/usr/lib/uwsgi/plugins/python3_plugin.so',
  chromium: '/usr/bin/chromium',
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'qemu-utils': '/usr/bin/qemu-img',
  'libvirt-daemon': '/usr/sbin/libvirtd',
  'libvirt-daemon-driver-qemu':
    '/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so',
  postgresql: '/usr/lib/postgresql',
  'nats-server': '/usr/sbin/nats-server',
  'busybox-static': '/bin/busybox',
};

const isAbsent = (name: string): boolean => !existsSync(signs[name] ?? `unknown: ${name}`);

/** Tries to bring what is missing; returns what is missing still. */
export async function install(names: readonly string[]): Promise<readonly string[]> {
  const missing = [...new Set(names)].filter(isAbsent);
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return missing;
  }
  console.log(`installing ${missing.join(' ')} (apt-get) …`);
  if ((await aptGet('install', missing)).code !== 0) {
    await aptGet('update', []);
    await aptGet('install', missing);
  }
  return missing.filter(isAbsent);
}

const aptGet = (verb: string, names: readonly string[]) =>
  run('apt-get', ['-qq', '-y', '--no-install-recommends', verb, ...names], {
    DEBIAN_FRONTEND: 'noninteractive',
    LC_ALL: 'C',
  });
