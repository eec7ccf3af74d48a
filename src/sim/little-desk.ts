/** What tests ask of the desk of a little world, each undefined where the process dies first. */
import type { Desk } from '../core/sagas/desk.ts';
import type { EvacuateTo, RefitWish, Steering, UnshelveTo } from '../core/sagas/operations.ts';
import type { PowerChange } from '../core/servers/lifecycle.ts';
import type { FlavorRow } from '../core/servers/rows.ts';

const anybody = { bound_by_locks: true };

export abstract class LittleDesk {
  /** That of the process of now. */
  protected abstract get desk(): Desk;
  /** What comes of it; undefined when the process dies first. */
  abstract soon<T>(promise: Promise<T>): Promise<T | undefined>;

  async migrate(uuid: string, host: string | null = null) {
    return this.soon(this.desk.liveMigrate(uuid, host));
  }

  async switchPower(uuid: string, to: PowerChange) {
    return this.soon(this.desk.switchPower(uuid, to));
  }

  async refit(uuid: string, wish: RefitWish) {
    return this.soon(this.desk.refit(uuid, wish, anybody));
  }

  async shelve(uuid: string) {
    return this.soon(this.desk.shelve(uuid, anybody));
  }

  async shelveOffload(uuid: string) {
    return this.soon(this.desk.shelveOffload(uuid, anybody));
  }

  async unshelve(uuid: string, to: UnshelveTo = { host: null }) {
    return this.soon(this.desk.unshelve(uuid, anybody, to));
  }

  async resize(uuid: string, flavor: FlavorRow) {
    return this.soon(this.desk.resize(uuid, anybody, flavor));
  }

  async coldMigrate(uuid: string, host: string | null = null) {
    return this.soon(this.desk.coldMigrate(uuid, anybody, host));
  }

  async confirmResize(uuid: string) {
    return this.soon(this.desk.confirmResize(uuid, anybody));
  }

  async revertResize(uuid: string) {
    return this.soon(this.desk.revertResize(uuid, anybody));
  }

  async steer(uuid: string, run_id: string, steering: Steering) {
    return this.soon(this.desk.steerMigration(uuid, run_id, steering));
  }

  async progress(uuid: string) {
    return this.soon(this.desk.progressOf(uuid));
  }

  async evacuate(uuid: string, to: Partial<EvacuateTo> = {}) {
    return this.soon(this.desk.evacuate(uuid, anybody, { host: null, stopped: false, ...to }));
  }
}
