/**
 * What is known to go wrong elsewhere with claims and reports (D-RT), NUMA cells (D-NU) and devices
 * (D-PC), in a sentence each. A test that is about one says so in its name; `more` names tests that
 * show it as well. defects.test.ts holds the table against the tests that there are.
 */

export interface Defect {
  readonly wrong: string;
  readonly more?: readonly string[];
}

const noLeak =
  'a move holds a device on both sides, taken back only the first, gone through the other';
const oneHolder = 'a device has one holder at most, whatever happens to it';

// biome-ignore format: a table
export const defects: Readonly<Record<string, Defect>> = {
  'D-RT1': { wrong: 'a claim that fails late leaves what it had done by then, and nobody can take it back' },
  'D-RT2': { wrong: 'the refusal of an unknown host does not say which' },
  'D-RT3': { wrong: 'to give back a move’s side means the new one, whichever was said' },
  'D-RT4': { wrong: 'a move claims its devices anew though they are the same, so on one host it needs twice as many',
    more: [oneHolder] },
  'D-RT5': { wrong: 'to test a claim consumes; devices of live migrations are claimed apart',
    more: [noLeak] },
  'D-RT6': { wrong: 'a move between cells of a fleet is claimed with no way back' },
  'D-RT7': { wrong: 'one move without its flavor ends the audit of its host' },
  'D-RT8': { wrong: 'of a cold migration on one host one side is counted twice, the other never' },
  'D-RT9': { wrong: 'what is left behind below the root of a host is never seen' },
  'D-RT10': { wrong: 'servers and moves are read one after the other: what ends in between is lost or doubled',
    more: ['what somebody takes over while others are put right is left to them'] },
  'D-RT11': { wrong: 'three sums of one server’s disk differ' },
  'D-RT12': { wrong: 'what was told to Placement stays when the write after it fails' },
  'D-RT13': { wrong: 'claims of a host wait for calls over the network under one lock' },
  'D-RT14': { wrong: 'shared disk is counted by each host again' },
  'D-RT15': { wrong: 'traits that a file says no more stay; what others kept back is written over' },
  'D-RT16': { wrong: 'a field that is gone from an inventory is not noticed' },
  'D-RT17': { wrong: 'numbers that make no sense are taken; one bad file breaks every claim',
    more: ['each kind of wrong is named', 'a host with a wrong configuration does not start, and tells all of it'] },
  'D-NU1': { wrong: 'looking for a fit changes what is looked at' },
  'D-NU2': { wrong: 'the search for a fit tries permutations' },
  'D-NU3': { wrong: 'without limits at hand cells are over-committed without bound' },
  'D-NU4': { wrong: 'use that falls below nothing is taken for none' },
  'D-NU5': { wrong: 'servers without a topology are counted in no cell, and take its memory' },
  'D-NU6': { wrong: 'cells, CPUs and pages are no part of the claim' },
  'D-PC1': { wrong: 'a second claim forgets the devices of the first, which stay claimed' },
  'D-PC2': { wrong: 'a claim of several that fails midway leaves some of them claimed, or their kin gone' },
  'D-PC3': { wrong: 'when the last function of a vanished card is freed, the card is not' },
  'D-PC4': { wrong: 'devices of several hosts are kept as the first one’s' },
  'D-PC5': { wrong: 'whether a device can be moved is not heeded where it belongs to a network' },
  'D-PC6': { wrong: 'a crash between two writes parts an allocation from its device' },
  'D-PC7': { wrong: 'a live migration that fails leaves its destination’s devices claimed', more: [noLeak] },
};
