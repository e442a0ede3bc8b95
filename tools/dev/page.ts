import type { Exchange } from '../../packages/chartmogul-sandbox/src/index.js';
import type { Paint, Stream } from '../../src/cli/terminal.js';
import { comparison } from './comparison.js';
import { day, describeExchange, isLookupOfPayer } from './exchange.js';
import type { AdamsRecords } from './records.js';

/** What is printed of a story: what happens and when, and beneath it the requests to ChartMogul with their answers. */
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

  /** Names with what they are, one beneath the other. */
  facts(facts: readonly (readonly [name: string, value: string])[]): void {
    const width = Math.max(...facts.map(([name]) => name.length)) + 2;
    for (const [name, value] of facts) this.line(`  ${this.paint('dim', name.padEnd(width))}${value}`);
  }

  /** Something that Adam does, on its day. */
  happens(date: string, text: string): void {
    this.line(`  ${this.paint('bold', day(date))}  ${text}`);
  }

  notes(text: string): void {
    this.line(`              ${text}`);
  }

  /** One request to ChartMogul and its answer. The worker's own, for the data sources, are no part of the story. */
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

  /** The record as it is now, beside the two it was made of if this page has seen them. */
  compares(after: AdamsRecords): void {
    for (const row of comparison(this.before, after)) this.line(`  ${row}`);
  }
}
