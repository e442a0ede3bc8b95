import type { Header, LeadFile } from './lead-file.js';
import { hashOf, LeadIndex, type Repeat, type Repeats } from './lead-index.js';
import {
  type BadLine,
  contentOf,
  customerOf,
  type GoodLine,
  type LeadLine,
  type LineProblem,
  type Remark,
} from './lead-line.js';
import { type ReasonCount, ReasonCounts, type RemarkCount } from './reasons.js';
import { Rejects, reasonOf } from './rejects.js';
import { Sample, type SampleLead } from './sample.js';

/** The content of a file. Every line has been read, and nothing has been started. */
export interface Checked {
  readonly columns: Header;
  /** Non-empty lines, without the header. */
  readonly lines: number;
  readonly good: number;
  readonly bad: number;
  /** Different leads in good lines. */
  readonly leads: number;
  /** Leads with a billing customer. */
  readonly payingLeads: number;
  /** The first leads, with all of their lines. */
  readonly sample: readonly SampleLead[];
  /** The first bad lines. */
  readonly problems: readonly { readonly line: number; readonly problems: readonly LineProblem[] }[];
  /** The bad lines by reason, the most frequent first. A line with several problems counts for each. */
  readonly reasons: readonly ReasonCount[];
  /** Profile fields of good lines that are left out or changed, by reason, the most frequent first. */
  readonly notices: readonly ReasonCount[];
  /** Lines with nothing to import, by reason, the most frequent first. */
  readonly omitted: readonly ReasonCount[];
  /** The line with psql's row count, which is skipped. */
  readonly rowCountLine?: number;
  /** The file with the bad lines, if there are any. */
  readonly rejectsPath?: string;
  /** The lines that repeat a lead; those that differ have other dates or customers. */
  readonly repeats: Repeats;
  /** Lines that name the billing customer of another lead: often a wrong join, and a merge cannot be undone. */
  readonly sharedCustomers: { readonly count: number; readonly examples: readonly Repeat[] };
  readonly remarks: Readonly<Partial<Record<Remark, RemarkCount>>>;
}

export interface CheckOptions {
  readonly onProgress?: (lines: number) => void;
  readonly signal?: AbortSignal;
}

/** The number of examples of each kind. */
const shown = 10;
const sampleSize = 5;
/**
 * Reads the whole file and writes its bad lines to the rejects file.
 *
 * @throws FileRefusedError if it has no leads; FileUnwritableError
 */
export async function checkFile(file: LeadFile, options: CheckOptions = {}): Promise<Checked> {
  const columns = await file.columns();
  const rejects = new Rejects(file.rejectsPath, columns, file.format);
  const count = new Count(rejects, file.folder);
  let rejectsPath: string | undefined;
  try {
    for await (const lines of file.lines(columns)) {
      options.signal?.throwIfAborted();
      for (const line of lines) count.add(line);
      options.onProgress?.(count.lines);
    }
    rejectsPath = rejects.finish();
  } catch (error) {
    rejects.abandon();
    throw error;
  }
  const { good, bad, problems, remarks } = count;
  const { rowCountLine } = file;
  const repeats = count.leads.repeats();
  const { different, examples } = count.customers.repeats();
  return {
    ...{ columns, lines: count.lines, good, bad, problems, remarks, repeats, reasons: count.reasons.sorted() },
    notices: count.notices.sorted(),
    omitted: count.omitted.sorted(),
    sample: count.sample.leads(),
    sharedCustomers: { count: different, examples: examples.filter(({ isSame }) => !isSame) },
    leads: repeats.keys,
    payingLeads: repeats.owned,
    ...(rejectsPath !== undefined && { rejectsPath }),
    ...(rowCountLine !== undefined && { rowCountLine }),
  };
}

class Count {
  lines = 0;
  good = 0;
  bad = 0;
  readonly problems: { line: number; problems: readonly LineProblem[] }[] = [];
  readonly remarks: { [remark in Remark]?: { count: number; lines: number[] } } = {};
  readonly reasons = new ReasonCounts();
  readonly notices = new ReasonCounts();
  readonly omitted = new ReasonCounts();
  readonly sample = new Sample(sampleSize);

  readonly leads: LeadIndex;
  readonly customers: LeadIndex;

  constructor(
    private readonly rejects: Rejects,
    folder: string,
  ) {
    this.leads = new LeadIndex(folder, 'leads', shown);
    this.customers = new LeadIndex(folder, 'customers', shown);
  }

  add(line: LeadLine): void {
    this.lines += 1;
    if (line.isGood) this.addGood(line);
    else if ('omittedBecause' in line) this.omitted.add(line.omittedBecause, line.line);
    else this.addBad(line);
  }

  private addGood(line: GoodLine): void {
    this.good += 1;
    this.sample.add(line);
    const lead = hashOf(line.leadId);
    const payer = customerOf(line);
    const customer = payer === undefined ? undefined : hashOf(payer);
    if (customer !== undefined) this.customers.add(line.line, customer, lead);
    this.leads.add(line.line, lead, hashOf(contentOf(line)), customer);
    for (const notice of line.notices) this.notices.add(reasonOf(notice), line.line);
    for (const remark of line.remarks) {
      const counted = this.remarks[remark] ?? { count: 0, lines: [] };
      this.remarks[remark] = counted;
      counted.count += 1;
      if (counted.lines.length < shown) counted.lines.push(line.line);
    }
  }

  private addBad(line: BadLine): void {
    this.bad += 1;
    this.rejects.add(line);
    if (this.problems.length < shown) this.problems.push({ line: line.line, problems: line.problems });
    for (const problem of line.problems) this.reasons.add(reasonOf(problem), line.line);
  }
}
