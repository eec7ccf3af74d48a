"""A boot storm on a real Nova 26 with its fake driver, to be held beside `tools/scale-fleet`.

   python3 bench/nova.storm.py HOSTS SERVERS CLIENTS      one line of JSON

Nova's API, scheduler, conductor, HOSTS compute services and a real Placement run in one process, as
Nova's own functional tests have them: SQLite in memory, no message broker, no sockets. So this leaves
out most of what an installation of Nova has to wait for. It needs Debian's python3-nova (with
nova-common for api-paste.ini) and what that needs; from folders of their own too, by PYTHONPATH.
"""
import json
import sys
import time
import unittest

from nova.tests.functional import integrated_helpers
import eventlet

HOSTS, SERVERS, CLIENTS = (int(given) for given in sys.argv[1:4])
IMAGE = '155d900f-4e14-4e4c-a73d-069cbf4541e6'
LISTED = 5
WITHIN_S = 3600
figures = {'hosts': HOSTS, 'servers': SERVERS, 'clients': CLIENTS}


class Storm(integrated_helpers.ProviderUsageBaseTestCase):
    compute_driver = 'fake.FakeDriver'

    def runTest(self):
        self.flags(instances=-1, cores=-1, ram=-1, group='quota')
        for number in range(HOSTS):
            self._start_compute(f'host-{number}')
        self.admin_api.microversion = '2.90'
        flavor = self.admin_api.get_flavors()[0]['id']
        began = time.monotonic()
        self.numbers = iter(range(SERVERS))
        pool = eventlet.GreenPool(CLIENTS)
        for _ in range(CLIENTS):
            pool.spawn(self.client, flavor)
        pool.waitall()
        figures['answered_s'] = round(time.monotonic() - began, 1)
        while self.count('BUILD') > 0 and time.monotonic() - began < WITHIN_S:
            eventlet.sleep(0.5)
        took_s = time.monotonic() - began
        figures['active'] = self.count('ACTIVE')
        figures['all_s'] = round(took_s, 1)
        figures['servers_per_s'] = round(figures['active'] / took_s, 2)
        figures['list_ms'] = sorted(self.listed() for _ in range(LISTED))

    def client(self, flavor):
        for number in self.numbers:
            about = {'name': f'storm-{number}', 'flavorRef': flavor, 'imageRef': IMAGE}
            self.admin_api.post_server({'server': {**about, 'networks': 'none'}})

    def count(self, status):
        path = f'/servers?status={status}&limit=1000'
        return len(self.admin_api.api_get(path).body['servers'])

    def listed(self):
        began = time.monotonic()
        self.admin_api.api_get('/servers/detail')
        return round((time.monotonic() - began) * 1000, 1)


result = unittest.TextTestRunner(stream=sys.stderr).run(Storm())
print(json.dumps(figures))
sys.exit(0 if result.wasSuccessful() else 1)
