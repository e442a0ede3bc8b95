import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiOptions, type Pause, ProbeApi } from './api.js';
import { Lab, type WaitOptions } from './lab.js';
import {
  earlierLeadQuestions,
  lastQuestions,
  mergedQuestions,
  mergeEarlierLead,
  mergeLaterLead,
  splitOff,
  unmergedQuestions,
} from './merge-questions.js';
import type { Question, Seen } from './question.js';
import { recordQuestions } from './record-questions.js';
import { findLeftovers, RunNames, removeSources, type Source, sourcesOf } from './sources.js';

export interface ProbeOptions {
  readonly chartMogul: ApiOptions['chartMogul'];
  readonly requestsPerSecond: number;
  /** Ends the probe between two requests; it still removes what it made. */
  readonly signal?: AbortSignal;
  /** Called before each stage and before the clean-up. */
  readonly onStage?: (text: string) => void;
  readonly onWait?: WaitOptions['onWait'];
  /** How long a merge may take. Default: 30 minutes. */
  readonly longestWaitMs?: number;
  /** For tests. */
  readonly pause?: Pause;
}

/** One question with what was seen. */
export interface Answered {
  readonly question: Question;
  readonly seen: Seen;
}

/** What a probe found. It may have ended early. */
export interface Found {
  readonly answers: readonly Answered[];
  readonly unanswered: readonly Question[];
  readonly merges: Lab['merges'];
  readonly unmerged: Lab['unmerged'];
  /** Why the probe ended early: a ProbeError, the signal's reason, or a bug. */
  readonly stoppedBy?: unknown;
  /** Why the clean-up failed. */
  readonly leftBehind?: unknown;
}

interface Stage {
  readonly title: string;
  readonly prepare: (lab: Lab) => Promise<void>;
  readonly questions: readonly Question[];
}

const stages: readonly Stage[] = [
  { title: 'Single records', prepare: async () => undefined, questions: recordQuestions },
  {
    title: 'Merge 1 of 3: a dated lead into a payer without dates',
    prepare: (lab) => lab.merge(lab.lead),
    questions: mergedQuestions,
  },
  {
    title: 'Merge 2 of 3: the payer has an earlier lead date and a later trial',
    prepare: mergeEarlierLead,
    questions: earlierLeadQuestions,
  },
  { title: 'Unmerge', prepare: splitOff, questions: unmergedQuestions },
  {
    title: 'Merge 3 of 3: the payer has a later lead date and an earlier trial',
    prepare: mergeLaterLead,
    questions: lastQuestions,
  },
];

/** All questions, in the order in which they are asked. */
export const questions: readonly Question[] = stages.flatMap((stage) => stage.questions);

/** Asks all questions of one account, with records that are made for it, and removes them. */
export class Probe {
  private readonly api: ProbeApi;
  /** Not ended by the signal. */
  private readonly cleaner: ProbeApi;

  constructor(private readonly options: ProbeOptions) {
    const { chartMogul, requestsPerSecond, signal, pause = pauseFor } = options;
    this.api = new ProbeApi({ chartMogul, requestsPerSecond, pause }, signal);
    this.cleaner = new ProbeApi({ chartMogul, requestsPerSecond, pause });
  }

  /** The sources that earlier runs left, because their process was killed. @throws ProbeError */
  leftovers(): Promise<Map<string, Source[]>> {
    return findLeftovers(this.api);
  }

  /** @throws ProbeError if something in one of the sources is not a probe's, or a request fails */
  async remove(leftovers: ReadonlyMap<string, Source[]>): Promise<void> {
    for (const sources of leftovers.values()) await removeSources(this.api, sources);
  }

  /** Never throws: what it found until an error is worth to be seen. */
  async run(run = new RunNames()): Promise<Found> {
    const { onStage = () => undefined, onWait = () => undefined, longestWaitMs = 30 * 60_000 } = this.options;
    const answers: Answered[] = [];
    let lab: Lab | undefined;
    const asking = async () => {
      onStage('Two data sources and three customers');
      lab = await Lab.open(this.api, run, { longestWaitMs, onWait });
      for (const stage of stages) {
        onStage(stage.title);
        await stage.prepare(lab);
        for (const question of stage.questions) answers.push({ question, seen: await question.ask(lab) });
      }
    };
    const stopped = await failureOf(asking());
    onStage('Clean-up');
    const left = await failureOf(this.cleanUp(run));
    const asked = new Set(answers.map(({ question }) => question));
    return {
      answers,
      unanswered: questions.filter((question) => !asked.has(question)),
      merges: lab?.merges ?? [],
      unmerged: lab?.unmerged,
      ...(stopped && { stoppedBy: stopped.reason }),
      ...(left && { leftBehind: left.reason }),
    };
  }

  private async cleanUp(run: RunNames): Promise<void> {
    await removeSources(this.cleaner, await sourcesOf(this.cleaner, run));
  }
}

async function failureOf(work: Promise<unknown>): Promise<{ readonly reason: unknown } | undefined> {
  return work.then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
}

async function pauseFor(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
