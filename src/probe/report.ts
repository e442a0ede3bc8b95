import { version } from '../runtime/program.js';
import type { Span } from './lab.js';
import type { Answered, Found } from './probe.js';
import type { Seen, Setting } from './question.js';

/** Why no question sets these knobs of the sandbox. The sandbox's own knobs (latency, currency ...) are not listed. */
export const notAskable: Readonly<Record<string, string>> = {
  ingestDelayMs: 'needs a billing integration and a payment in it',
  stripeTrialSetsLeadDate: 'needs the Stripe integration and a trial in Stripe',
  autoMerge: 'is an automation that the account sets itself, and could reach other customers',
  rateLimitPerSecond: 'would disturb other programs; answers that came by themselves are listed',
  maxParallel: 'would disturb other programs; answers that came by themselves are listed',
  users: 'needs the e-mail address of a user of the account',
  webhookUrl: 'needs a webhook destination in the account and a payment',
  webhookRetryDelayMs: 'needs a webhook destination in the account and a payment',
};

/** What a user sends us: facts only, without key, names and e-mail addresses. */
export interface Report {
  readonly version: string;
  readonly date: string;
  readonly api: string;
  readonly isComplete: boolean;
  readonly answers: readonly ReportedAnswer[];
  readonly unanswered: readonly string[];
  readonly notAskable: typeof notAskable;
  /** Not yet done after, and done after: in seconds since the request. */
  readonly mergeSeconds: readonly (readonly [number, number])[];
  readonly unmergeSeconds: readonly (readonly [number, number])[];
  /** The knobs of the sandbox that differ from their default. */
  readonly settings: Readonly<Record<string, Setting>>;
  readonly sandboxCommand: string;
}

export interface ReportedAnswer {
  readonly question: string;
  readonly knob?: string;
  readonly seen: Setting;
  readonly detail?: string;
  readonly sandbox: Setting;
  readonly differs: boolean;
}

export function reportOf(found: Found, chartMogulUrl: string, now = new Date()): Report {
  const settings = settingsOf(found.answers);
  return {
    version,
    date: now.toISOString().slice(0, 10),
    api: new URL(chartMogulUrl).hostname === 'api.chartmogul.com' ? 'ChartMogul' : 'not api.chartmogul.com',
    isComplete: found.unanswered.length === 0,
    answers: found.answers.map(reported),
    unanswered: found.unanswered.map(({ question }) => question),
    notAskable,
    mergeSeconds: found.merges.map(({ took }) => secondsOf(took)),
    unmergeSeconds: found.unmerged ? [secondsOf(found.unmerged.took)] : [],
    settings,
    sandboxCommand: commandOf(settings),
  };
}

function reported({ question: { question, knob, sandbox, isMeasured }, seen }: Answered): ReportedAnswer {
  const value = seenValue(seen);
  return {
    question,
    ...(knob !== undefined && { knob }),
    seen: value,
    ...('setting' in seen && seen.detail !== undefined && { detail: seen.detail }),
    sandbox,
    differs: value !== sandbox && isMeasured !== true,
  };
}

function seenValue(seen: Seen): Setting {
  return 'setting' in seen ? seen.setting : seen.text;
}

function settingsOf(answers: readonly Answered[]): Record<string, Setting> {
  return Object.fromEntries(
    answers.flatMap(({ question: { knob, sandbox }, seen }) =>
      knob !== undefined && 'setting' in seen && seen.setting !== sandbox ? [[knob, seen.setting] as const] : [],
    ),
  );
}

/** `npm run sandbox -- --merge-dates earliest`. */
function commandOf(settings: Readonly<Record<string, Setting>>): string {
  const options = Object.entries(settings).map(([knob, value]) => {
    const text = String(value);
    const option = `--${knob.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return `${option} ${/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`}`;
  });
  return ['npm run sandbox --', ...options].join(' ');
}

function secondsOf({ from, to }: Span): [number, number] {
  return [Math.floor(from) / 1000, Math.ceil(to) / 1000];
}
