import type { BillingAdapter } from '../domain/billing/adapter.js';
import type { SourceAlias } from '../domain/billing/source.js';
import { readStripeEvent, stripeEventTypes } from './facts.js';
import { type ReadingSettings, readingOptions } from './reading-options.js';
import { openStripeEvent, type StripeSecret } from './verify.js';

export interface StripeAdapterSettings extends ReadingSettings {
  readonly secrets: readonly StripeSecret[];
  /** How old the signature of an event may be. */
  readonly toleranceSeconds: number;
  /** The company's own connected accounts, and their billing sources. */
  readonly connectedAccounts: readonly {
    readonly account: string;
    readonly id: string;
    readonly source: SourceAlias;
  }[];
}

/** Stripe's events as facts. */
export function stripeAdapter(settings: StripeAdapterSettings): BillingAdapter {
  const { secrets, toleranceSeconds, connectedAccounts, ...reading } = settings;
  return {
    name: 'stripe',
    eventTypes: stripeEventTypes,
    unreadableHelp: 'Set the API version of the webhook endpoint as in docs/billing.md.',
    verify(rawBody, { 'stripe-signature': signature }) {
      const header = typeof signature === 'string' ? signature : undefined;
      const opened = openStripeEvent(rawBody, header, secrets, toleranceSeconds);
      if (!opened.ok) return { isVerified: false, reason: opened.kind, message: opened.message };
      const { event, account, mode, source, isWrongMode } = opened;
      return {
        isVerified: true,
        account,
        event: { id: idOf(event), type: fieldOf(event, 'type'), mode },
        facts: isWrongMode
          ? { kind: 'ignored', reason: 'wrong_mode', unusableLeadIds: [] }
          : readStripeEvent(event, {
              ...readingOptions(reading, account),
              source,
              connectedSources: new Map(
                connectedAccounts.filter((own) => own.account === account).map((own) => [own.id, own.source]),
              ),
            }),
      };
    },
  };
}

/** Stripe's event id, to look it up in Stripe. */
function idOf(event: unknown): string | undefined {
  const id = fieldOf(event, 'id');
  return typeof id === 'string' && /^evt_\w{1,100}$/.test(id) ? id : undefined;
}

function fieldOf(event: unknown, field: 'id' | 'type'): unknown {
  return (event as Partial<Record<typeof field, unknown>> | null)?.[field]; // safe for any value
}
