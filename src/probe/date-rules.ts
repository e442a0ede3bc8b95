import type { Dates, Merge } from './lab.js';
import type { Seen } from './question.js';

type Rule = (primary: number | null, secondary: number | null) => number | null;

/** The settings of the sandbox's knob mergeDates. */
const rules: Readonly<Record<string, Rule>> = {
  primary_wins: (primary) => primary,
  fill_null_from_secondary: (primary, secondary) => primary ?? secondary,
  earliest: (primary, secondary) =>
    primary === null || secondary === null ? (primary ?? secondary) : Math.min(primary, secondary),
};

const fields: readonly (keyof Dates)[] = ['lead', 'trial'];

/** The rule that explains the dates after all merges, if there is one. */
export function ruleOf(merges: readonly Merge[]): Seen {
  const possible = Object.entries(rules).filter(([, rule]) =>
    merges.every(({ primary, secondary, result }) =>
      fields.every((field) => rule(primary[field], secondary[field]) === result[field]),
    ),
  );
  const [only] = possible;
  if (only !== undefined && possible.length === 1) return { setting: only[0] };
  const names = possible.map(([name]) => name);
  return { text: names.length === 0 ? 'none of the rules of the sandbox' : names.join(' or ') };
}

/** Whose dates the remaining record has: `lead date the payer's, trial date none`. */
export function whoseDates(merge: Merge | undefined): Seen {
  if (merge === undefined) return { text: 'no merge' };
  const { primary, secondary, result } = merge;
  const whose = (field: keyof Dates) => {
    if (result[field] === null) return 'none';
    if (result[field] === primary[field]) return "the payer's";
    return result[field] === secondary[field] ? "the lead's" : 'another';
  };
  return { text: `lead date ${whose('lead')}, trial date ${whose('trial')}` };
}
