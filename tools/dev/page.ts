import type { Exchange } from '../../packages/chartmogul-sandbox/src/index.js';
import type { Paint, Stream } from '../../src/cli/terminal.js';
import { comparison } from './comparison.js';
import { day, describeExchange, isLookupOfPayer } from './exchange.js';
import type { AdamsRecords } from './records.js';

/** The output of a story: each event with its date, followed by the requests to ChartMogul and their answers. */
export class Page {
  private lookups = 0;
  private before: AdamsRecords | undefined;

  constructor(
    private readonly stream: Stream,
    private readonly paint: Paint,
  ) {}

  line(text = ''): void {
    this.stream.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line();
    this.line(this.paint('bold', text));
    this.line();
  }

  /** Prints names and values, one pair per line. */
  facts(facts: readonly (readonly [name: string, value: string])[]): void {
    const width = Math.max(...facts.map(([name]) => name.length)) + 2;
    for (const [name, value] of facts) this.line(`  ${this.paint('dim', name.padEnd(width))}${value}`);
  }

  /** Prints something that Adam does, with its date. */
  happens(date: string, text: string): void {
    this.line(`  ${this.paint('bold', day(date))}  ${text}`);
  }

  notes(text: string): void {
    this.line(`              ${text}`);
  }

  /** One request to ChartMogul and its answer. Requests for data sources are not part of the story. */
  shows(exchange: Exchange, records: AdamsRecords): void {
    if (!exchange.path.startsWith('/v1/customers')) return;
    const isLookup = isLookupOfPayer(exchange);
    const when = isLookup ? `+ ${this.lookups} min` : '';
    if (isLookup) this.lookups += 1;
    if (records.payer && records.lead && records.payer !== records.lead) this.before = records;

    const { method, path, asked, status, answer } = describeExchange(exchange);
    const request = `${method.padEnd(5)} ${path.padEnd(24)} ${asked.padEnd(33)}`;
    const style = status.startsWith('2') ? 'green' : 'yellow';
    this.line(`  ${this.paint('dim', when.padStart(10))}  ${request} ${this.paint(style, status)} ${answer}`);
  }

  /** Prints the current record, next to the two original ones if this page has seen them. */
  compares(after: AdamsRecords): void {
    for (const row of comparison(this.before, after)) this.line(`  ${row}`);
  }
}
