/**
 * The catalog: where each service is, seen from the client that asks. The compute endpoint carries
 * its version; those of image and network must not: clients append `v2/` and `v2.0/` themselves.
 */
export const REGION = 'RegionOne';

const services = [
  { type: 'identity', name: 'keystone', path: '/identity/v3' },
  { type: 'compute', name: 'nova', path: '/compute/v2.1' },
  { type: 'placement', name: 'placement', path: '/placement' },
  { type: 'image', name: 'glance', path: '/image' },
  { type: 'network', name: 'neutron', path: '/network' },
] as const;

const interfaces = ['public', 'internal', 'admin'] as const;

export const catalog = (origin: string) =>
  services.map(({ type, name, path }) => ({
    type,
    name,
    id: `service-${type}`,
    endpoints: interfaces.map((which) => ({
      id: `endpoint-${type}-${which}`,
      interface: which,
      region: REGION,
      region_id: REGION,
      url: `${origin}${path}`,
    })),
  }));
