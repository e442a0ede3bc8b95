import { Command } from 'commander';
import { type Status, statusOf } from '../journeys/status.js';
import { startWorkerCommand, unpolledReasons } from '../journeys/workers.js';
import { count, duration, number } from './amounts.js';
import { type AddCommands, print, withJourneys } from './command.js';
import { printable, redactEmails } from './redact.js';
import { type Paint, painter } from './terminal.js';

const help = `
The counts are from Temporal's records, which may be seconds behind, and need no worker. \`doctor\` finds out why charts
stay empty.

Exit codes: 0 printed, whatever it says; 75 Temporal cannot be reached; 78 invalid configuration.

Example:
  customer-journey status --json
`;

/** Short, because a person waits and a running worker answers at once. */
const answerWithin = '3 seconds';

/** `status`: the account on one screen. */
export const addStatusCommand: AddCommands = (program, terminal) => {
  const command = new Command('status')
    .description('show the account on one screen: stages, attention, throughput, workers')
    .addHelpText('after', help)
    .action(async () => {
      const read = await withJourneys(terminal, (journeys) => statusOf(journeys), { workerTimeout: answerWithin });
      const status = printable(redactEmails(read));
      print(command, terminal, status, statusLines(status, painter(terminal, terminal.stdout)));
    });
  program.addCommand(command);
};

/** A title, and the lines beside it. */
type Section = readonly [title: string, ...lines: readonly string[]];

/** The sections in the order of the screen. */
function statusLines(status: Status, paint: Paint): string[] {
  const sections: Section[] = [
    ['Account', status.account],
    stagesOf(status),
    attentionOf(status, paint),
    ...throughputOf(status),
    customersOf(status, paint),
    workersOf(status, paint),
    sweepOf(status, paint),
    auditOf(status, paint),
  ];
  const width = Math.max(...sections.map(([title]) => title.length)) + 2;
  return sections.flatMap(([title, ...lines]) =>
    lines.map((line, index) => `${paint('bold', (index === 0 ? title : '').padEnd(width))}${line}`),
  );
}

function stagesOf({ stages }: Status): Section {
  const { proven, ...others } = stages;
  const shown = Object.entries({ ...others, ...(proven > 0 && { proven }) });
  return ['Running', shown.map(([stage, count]) => `${number(count)} ${stage}`).join(', ')];
}

function attentionOf({ attention, oldestAttention: oldest }: Status, paint: Paint): Section {
  const codes = Object.entries(attention).sort(([, one], [, other]) => other - one);
  if (codes.length === 0) return ['Attention', 'none'];
  const lines = codes.map(([code, count]) =>
    withCommand(paint('red', `${number(count)} ${code}`), `list --attention ${code}`, paint),
  );
  if (oldest === undefined) return ['Attention', ...lines, 'for how long: no worker answers'];
  const age = duration(Math.max(0, Math.round((Date.now() - Date.parse(oldest.since)) / 1000)));
  const atLeast = oldest.isCertain ? '' : 'at least ';
  return ['Attention', ...lines, withCommand(`oldest: ${atLeast}${age}`, `show ${oldest.leadId}`, paint)];
}

function throughputOf({ throughput }: Status): Section[] {
  return (['lastHour', 'lastDay'] as const).map((span) => {
    const { started, proven } = throughput[span];
    return [span === 'lastHour' ? 'Last hour' : 'Last day', `${number(started)} started, ${number(proven)} proven`];
  });
}

const customerTexts = {
  'payment-unmatched': ['with a payment and no lead', 'customers --unmatched'],
  'trial-unmatched': ['with a trial and no lead', 'customers --unmatched'],
  'lead-conflict': ['with conflicting leads', 'customers --attention'],
  'journey-unreachable': ['that cannot notify a journey', 'customers --attention'],
} as const;

function customersOf({ customers }: Status, paint: Paint): Section {
  const lines = Object.entries(customerTexts).flatMap(([code, [text, command]]) => {
    const count = customers[code as keyof typeof customerTexts]; // its own key
    return count > 0 ? [withCommand(paint('red', `${number(count)} ${text}`), command, paint)] : [];
  });
  return lines.length === 0 ? ['Customers', 'none needs attention'] : ['Customers', ...lines];
}

function workersOf({ account, workers, unpolledQueues: unpolled }: Status, paint: Paint): Section {
  const counts = workers.map(({ taskQueue, workers: count }) => `${number(count)} on ${taskQueue}`).join(', ');
  const lines = unpolledReasons(unpolled).map((reason) => paint('red', reason));
  const start = unpolled.some(({ missing }) => missing === undefined)
    ? [paint('dim', startWorkerCommand(account))]
    : [];
  return ['Workers', counts, ...lines, ...start];
}

function sweepOf({ stripeSweep: sweep }: Status, paint: Paint): Section {
  if (sweep === undefined) return ['Stripe sweep', 'not scheduled'];
  const { everySeconds, lastAt, nextAt, isPaused } = sweep;
  const facts = [
    ...(everySeconds === undefined ? [] : [`every ${duration(everySeconds)}`]),
    `last ${lastAt ?? 'never'}`,
    isPaused ? paint('red', 'paused') : `next ${nextAt ?? 'never'}`,
  ];
  return ['Stripe sweep', facts.join(', ')];
}

function auditOf({ lastAudit: last }: Status, paint: Paint): Section {
  if (last === undefined) return ['Last audit', withCommand('none', 'audit', paint)];
  const { differences, endedAt, needsAttention } = last;
  const found = differences === 0 ? 'all leads are right' : paint('red', count(differences, 'difference'));
  const rise = needsAttention ? ', more than before' : '';
  return ['Last audit', withCommand(`${endedAt}: ${found}${rise}`, 'audit --last', paint)];
}

function withCommand(text: string, command: string, paint: Paint): string {
  return `${text}  ${paint('dim', `customer-journey ${command}`)}`;
}
