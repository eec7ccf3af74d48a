/**
 * Goal: an IPv6 address has one short form.
 * Method: random addresses, written long, short and half in decimals; a browser's address parser is
 * the judge of the short form.
 * Mutants that these killed: the last of several runs of zeros; a run of one zero shortened.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { shortIpv6 } from './ipv6.ts';

const word = fc.oneof(fc.constant(0), fc.nat(0xffff));

test('an address is written as a browser writes it', () => {
  let runs = 0;
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
      fc.pre(!(words[5] === 0xffff && words.slice(0, 5).every((one) => one === 0)));
      const long = words.map((one) => one.toString(16).padStart(4, '0')).join(':');
      const judged = new URL(`http://[${long}]/`).hostname.slice(1, -1);
      if (judged.includes('::')) runs++;
      equal(shortIpv6(long), judged);
      equal(shortIpv6(judged), judged);
    }),
  );
  ok(runs > 20, `${runs} with a run of zeros`);
});

test('decimals become words, but in the clothes of IPv4', () => {
  equal(shortIpv6('0000:0000:0000:0000:0000:babe:220.12.22.2'), '::babe:dc0c:1602');
  equal(shortIpv6('::FFFF:192.0.2.1'), '::ffff:192.0.2.1');
  equal(shortIpv6('::'), '::');
});
