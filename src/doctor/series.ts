/** One value of Prometheus's text format. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads Prometheus's text format, as prom-client writes it. */
export function seriesOf(text: string): Series[] {
  return text.split('\n').flatMap((line) => {
    const { name, labels = '', value } = /^(?<name>\w+)(\{(?<labels>.*)\})? (?<value>\S+)$/.exec(line)?.groups ?? {};
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}
