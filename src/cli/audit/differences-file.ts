import { createWriteStream } from 'node:fs';
import { access, constants, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { shellWord } from '../../domain/audit/commands.js';
import type { FoundDifference } from '../../journeys/audit-history.js';
import { FileUnwritableError, isSystemError } from '../../runtime/file-unwritable.js';
import { UsageError } from '../errors.js';

const columns = [
  'lead_id',
  'class',
  'detail',
  'uuid',
  'expected_lead_created_at',
  'expected_trial_started_at',
  'actual_lead_created_at',
  'actual_trial_started_at',
  'mended',
  'command',
];

/** The CSV file of `--out`. It appears, or replaces an older one, only when it is complete. */
export class DifferencesFile {
  private constructor(readonly path: string) {}

  /** @throws UsageError if it cannot be written, before an audit is started for it */
  static async at(path: string): Promise<DifferencesFile> {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new UsageError(`--out ${path} is a directory: pass the name of a file.`);
    await access(dirname(path), constants.W_OK).catch(() => {
      throw new UsageError(`--out ${path} cannot be written: its folder does not exist, or is not writable.`);
    });
    return new DifferencesFile(path);
  }

  /** @throws FileUnwritableError */
  async write(differences: AsyncIterable<FoundDifference>): Promise<void> {
    const partial = `${this.path}.part`;
    try {
      await rm(partial, { force: true });
      // It contains ids as they are, and some are e-mail addresses.
      await pipeline(Readable.from(linesOf(differences)), createWriteStream(partial, { mode: 0o600 }));
      await rename(partial, this.path);
    } catch (error) {
      await rm(partial, { force: true });
      if (!isSystemError(error)) throw error; // Temporal's, while the differences were read
      const again = `customer-journey audit --last --out ${shellWord(this.path)}`;
      throw new FileUnwritableError(this.path, error, `The audit has ended; write its differences with \`${again}\`.`);
    }
  }
}

async function* linesOf(differences: AsyncIterable<FoundDifference>): AsyncGenerator<string> {
  yield line(columns);
  for await (const { leadId, class: found, detail, uuid, expected, actual, isMended, command } of differences) {
    const mended = isMended === undefined ? '' : isMended ? 'yes' : 'no';
    const dates = [expected, actual].flatMap((known) => [known?.leadCreatedAt, known?.freeTrialStartedAt]);
    yield line([leadId, found, detail, uuid, ...dates, mended, command]);
  }
}

function line(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell = '') => csvCell(cell)).join(',')}\r\n`;
}

/** A cell as in RFC 4180. A spreadsheet would run a text that begins like a formula, so it gets a quote before it. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
