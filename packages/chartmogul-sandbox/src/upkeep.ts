import type { Account } from './account.js';
import { Alarm } from './alarm.js';
import { settle } from './jobs.js';
import { Journal } from './journal.js';

/** Runs jobs when they are due, and writes changes to the data file if there is one. */
export class Upkeep {
  readonly #account: Account;
  readonly #journal: Journal | undefined;
  readonly #alarm: Alarm;

  /** @throws DataFileError */
  constructor(account: Account, dataFile: string | undefined) {
    this.#account = account;
    this.#journal = dataFile === undefined ? undefined : new Journal(dataFile, account.store);
    this.#alarm = new Alarm(
      () => account.pending.nextDueAt(),
      () => this.#settleUnasked(),
    );
    if (account.store.setting('leadsSourceUuid') === undefined) account.reset({});
    else account.resume();
  }

  /** Runs the jobs that are due, and writes the changes. */
  settle(): void {
    settle(this.#account);
    this.commit();
  }

  /** Call this after every change; throws if the write fails. */
  commit(): void {
    this.#alarm.set();
    this.#journal?.commit();
  }

  stop(): void {
    this.#alarm.stop();
    this.#journal?.close();
  }

  #settleUnasked(): void {
    try {
      this.settle();
    } catch (error) {
      console.error(error); // no request is waiting: the next commit retries the write
    }
  }
}
