import { type Answer, described } from './answers.js';
import type { Lab } from './lab.js';

/** A value of a knob of the sandbox. */
export type Setting = string | number | boolean;

/** What a real account did: a setting of the question's knob, or a text if no setting does the same. */
export type Seen = { readonly setting: Setting; readonly detail?: string } | { readonly text: string };

/** One open question. To ask another one, add an entry to the list of the stage in which it can be asked. */
export interface Question {
  readonly question: string;
  /** The knob of `packages/chartmogul-sandbox` that sets the answer. */
  readonly knob?: string;
  /** What the sandbox does by default. */
  readonly sandbox: Setting;
  /** Other settings of the knob that this question can find. Absent: any value of the type of the default. */
  readonly others?: readonly Setting[];
  /** A time or the like: it is never marked as a difference. */
  readonly isMeasured?: boolean;
  ask(lab: Lab): Promise<Seen> | Seen;
}

/** The status as a setting of the knob, if it is one of these. */
export function statusSetting(answer: Answer, ...settings: readonly string[]): Seen {
  const setting = settings.find((status) => status === String(answer.status));
  return setting === undefined ? { text: described(answer) } : { setting, detail: described(answer) };
}

/** The answer's status and shape, for a question without a knob. */
export function asText(answer: Answer): Seen {
  return { text: described(answer) };
}

export function yesOrNo(isSo: boolean): Seen {
  return { text: isSo ? 'yes' : 'no' };
}
