import type { Account } from './account.js';
import { Alarm } from './alarm.js';
import { settle } from './jobs.js';
import { Journal } from './journal.js';

/** Sees to it that what is due happens, and that what has happened is written to the data file, if there is one. */
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

  /** Lets happen what is due, and writes it. */
  settle(): void {
    settle(this.#account);
    this.commit();
  }

  /** To be called after every change; throws if it cannot be written. */
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
      console.error(error); // nobody waits for an answer: it is written with the next change, or that one fails
    }
  }
}
