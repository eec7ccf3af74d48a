/** What the network service asks of the rest: what an operator said, which never changes. */

/** A bridge of the hosts, as those see it who put servers on networks. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly bridge: string;
}

export interface NetworkRooms {
  readonly networks: readonly Network[];
}
