/**
 * What a search for candidates is asked, in the ledger's own ids.
 *
 *   group ''    may be spread over a tree and the sharing providers that reach it
 *   group 'X'   one provider has all of it
 *
 * Names, UUIDs and versions are the API's; here a trait nobody knows cannot even be asked for.
 */

export interface Group {
  /** '' for the group that may be spread; there is at most one of it. */
  readonly suffix: string;
  /** Amounts by class id. A group with a suffix may ask for none. */
  readonly resources: ReadonlyMap<number, number>;
  /** One trait of each set. The providers of group '' need them together, others each alone. */
  readonly any_traits: readonly (readonly number[])[];
  readonly forbidden_traits: readonly number[];
  /** A member of one aggregate of each set. */
  readonly any_aggregates: readonly (readonly string[])[];
  readonly forbidden_aggregates: readonly string[];
  /** The id of the root of the tree that all of it must come from. */
  readonly in_tree: number | null;
}

export interface CandidateAsk {
  readonly groups: readonly Group[];
  /** No two groups with a suffix on one provider. */
  readonly isolate: boolean;
  /** Of the groups of each set, one's provider is above (or is) those of all the others. */
  readonly same_subtrees: readonly (readonly string[])[];
  readonly root_traits: readonly number[];
  readonly root_forbidden_traits: readonly number[];
  /** False, as before 1.29: no candidate has two providers of one tree. */
  readonly nested: boolean;
  /** The most candidates wanted; 0: all. */
  readonly limit: number;
}
