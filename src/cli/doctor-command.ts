import { Command } from 'commander';
import { webAddress } from '../runtime/config.js';
import { exitCodes } from '../runtime/exit-codes.js';
import { count } from './amounts.js';
import { type AddCommands, print } from './command.js';
import { EndWith, UsageError } from './errors.js';
import { Interruption } from './import/interruption.js';
import { printable, redactEmails } from './redact.js';
import { type Paint, Progress, painter, wrapped } from './terminal.js';

const help = `
Looks at everything a lead passes on its way into the charts, and changes nothing. Run it with the environment of a
worker, and of the gateway if both are on this machine. With STRIPE_API_KEY (a restricted key that may also read webhook
endpoints) it also looks at Stripe's webhook. Each check answers within 10 to 20 seconds; together they send about 60
requests to ChartMogul, ten a second. It prints no secret, no name and no e-mail address.

Exit codes:
  0    no failure; there may be warnings
  1    a failure: the line below it says what to do
  2    invalid arguments
  130  stopped with Ctrl-C
  143  stopped with SIGTERM

Examples:
  customer-journey doctor
  customer-journey doctor --gateway http://127.0.0.1:9464 --json
`;

/** `doctor`: every reason why charts stay empty. */
export const addDoctorCommand: AddCommands = (program, terminal) => {
  const command = new Command('doctor')
    .description('find every reason why charts stay empty, each with the one thing to do')
    .option(
      '--gateway <url>',
      "the gateway's address for operators (default: as GATEWAY_OPERATIONS_* say, if it is configured here)",
    )
    .addHelpText('after', help)
    .action(async ({ gateway: gatewayUrl }: { readonly gateway?: string }) => {
      if (gatewayUrl !== undefined && !webAddress.safeParse(gatewayUrl).success) {
        throw new UsageError('--gateway must be a URL, for example http://127.0.0.1:9464.');
      }
      // Loaded on demand: no other command needs it.
      const { examine } = await import('../doctor/doctor.js');
      const stop = new Interruption();
      const progress = new Progress(terminal.stderr);
      let running = '';
      const shown = setInterval(() => progress.update(running), 200);
      try {
        const found = await examine({
          env: terminal.env,
          gatewayUrl,
          signal: stop.signal,
          onProgress: (checks) => {
            running = `Checking ${checks.join(', ')}`;
          },
        });
        progress.end();
        const findings = withoutPeople(found);
        const { columns } = terminal.stdout;
        print(command, terminal, documentOf(findings), linesOf(findings, painter(terminal, terminal.stdout), columns));
        if (findings.some(({ level }) => level === 'failure')) throw new EndWith(exitCodes.failed);
      } catch (error) {
        if (stop.exitCode === undefined) throw error;
        throw new EndWith(stop.exitCode);
      } finally {
        clearInterval(shown);
        progress.end();
        stop.end();
      }
    });
  program.addCommand(command);
};

type Findings = Awaited<ReturnType<typeof import('../doctor/doctor.js').examine>>;
type Level = Findings[number]['level'];

/** Control characters are removed from each line, as line breaks separate the commands of a fix. */
function withoutPeople(found: Findings): Findings {
  return printable(redactEmails(found.map(({ fix, ...finding }) => ({ ...finding, lines: fix?.split('\n') })))).map(
    ({ lines, ...finding }) => ({ ...finding, ...(lines && { fix: lines.join('\n') }) }),
  );
}

function documentOf(findings: Findings) {
  return { isHealthy: numberOf(findings, 'failure') === 0, findings };
}

const titles: Readonly<Record<string, string>> = {
  environment: 'Environment',
  temporal: 'Temporal',
  workers: 'Workers',
  chartmogul: 'ChartMogul',
  data: 'Records and journeys',
  stripe: 'Stripe',
  gateway: 'Gateway',
};

const colours: Readonly<Record<Level, Parameters<Paint>[0]>> = {
  ok: 'green',
  warning: 'yellow',
  failure: 'red',
  skipped: 'dim',
};

/** The findings under their groups, and a summary. */
function linesOf(findings: Findings, paint: Paint, width = Number.POSITIVE_INFINITY): string[] {
  let last = '';
  const lines = findings.flatMap(({ check, level, text, fix }) => {
    const [group = ''] = check.split('.');
    const heading = group === last ? [] : [...(last === '' ? [] : ['']), paint('bold', titles[group] ?? group)];
    last = group;
    const mark = paint(colours[level], level.padEnd(9));
    const [first = '', ...rest] = wrapped(text, width - indent.length);
    return [
      ...heading,
      `  ${mark}${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(fix?.split('\n') ?? []).map((line) => `${indent}${paint('bold', `→ ${line}`)}`),
    ];
  });
  return [...lines, '', summary(findings, paint)];
}

const indent = ' '.repeat(11);

function summary(findings: Findings, paint: Paint): string {
  const [failures, warnings, skipped] = (['failure', 'warning', 'skipped'] as const).map((level) =>
    numberOf(findings, level),
  );
  const text = `${numberOf(findings, 'ok')} ok, ${count(warnings ?? 0, 'warning')}, ${count(failures ?? 0, 'failure')}, ${skipped} skipped`;
  return paint(failures ? 'red' : 'green', text);
}

function numberOf(findings: Findings, level: Level): number {
  return findings.filter((finding) => finding.level === level).length;
}
