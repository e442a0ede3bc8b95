import { z } from 'zod';
import { linkRules } from '../domain/billing/report.js';
import { type BillingAttentionCode, billingAttentionSentences } from '../domain/billing/view.js';
import { attentionSentences } from '../domain/journey/attention.js';
import { maxLength } from '../domain/journey/reports.js';
import { stages } from '../domain/journey/stage.js';
import { matchStatuses } from '../workflows/billing-messages.js';
import { problemSchema } from './problems.js';

/**
 * The wire format. These schemas validate requests; their types and the OpenAPI document are derived from them. They
 * define the structure; `journey/reports.ts` validates the values, as for the journey itself (a date that exists and is
 * not in the future, an id without control characters).
 */
const text = (longest: number) =>
  z
    .string()
    .min(1)
    // In code points, as JSON Schema and ChartMogul count; zod's own `max` counts UTF-16 code units.
    .refine((value) => [...value].length <= longest, `must not have more than ${longest} characters`)
    .meta({ maxLength: longest });

/**
 * The same rules for the OpenAPI document only, for clients and tests that are generated from it. The syntax is
 * portable across regular expression engines; `journey/reports.ts` is slightly stricter.
 */
const control = '\\x00-\\x1f\\x7f-\\x9f';
const word = `[^\\s${control}@]+`;
export const patterns = {
  id: `^[^\\s${control}]([^${control}]*[^\\s${control}])?$`,
  text: `^[^${control}]*[^\\s${control}][^${control}]*$`,
  email: `^ *${word}@${word}\\.${word} *$`,
} as const;

const longestId = 255;
const id = (description: string) =>
  text(longestId).meta({
    description: `${description} No control characters, no space at either end, at most 900 bytes.`,
    pattern: patterns.id,
  });

const leadId = id(
  "The lead's id in your database; it becomes ChartMogul's `external_id`. E-mail addresses need ALLOW_EMAIL_LEAD_IDS.",
);
const billingCustomerId = id('The id in the billing system, as ChartMogul shows it, for example `cus_9TSLDKbqG2iKgK`.');

const dateForm =
  'must be RFC 3339 with an offset, for example 2016-01-05T00:00:00Z; epoch numbers, dates without a time and times ' +
  'without a zone are refused';
const occurredAt = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing' : dateForm) })
  .regex(/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/, { error: dateForm })
  .meta({
    description:
      'When it happened, not when it was noticed. RFC 3339 with an offset; from 2000 to at most five minutes ahead.',
    format: 'date-time',
    examples: ['2016-01-05T00:00:00Z'],
  });

const profileText = (field: keyof typeof maxLength) =>
  text(maxLength[field])
    .meta({ pattern: field === 'email' ? patterns.email : patterns.text })
    .exactOptional();
const profile = z
  .strictObject({
    name: profileText('name'),
    email: profileText('email'),
    company: profileText('company'),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 country code, for example US')
      .exactOptional(),
    state: profileText('state'),
    city: profileText('city'),
    zip: profileText('zip'),
  })
  .meta({ id: 'Profile', description: 'All fields are optional; the charts need none of them.' });

const envelope = {
  id: text(100).exactOptional().meta({
    description: 'Your own id; echoed and logged. It is not an idempotency key: events are idempotent without one.',
  }),
  lead_id: leadId,
  occurred_at: occurredAt,
};

/** The three events of a lead. */
export const eventSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        ...envelope,
        type: z.literal('lead.created'),
        data: z.strictObject({ profile: profile.exactOptional() }).exactOptional(),
      })
      .meta({ id: 'LeadCreated', description: 'The lead entered your database.' }),
    z
      .strictObject({
        ...envelope,
        type: z.literal('trial.started'),
        data: z
          .strictObject({ profile: profile.exactOptional(), billing_customer_id: billingCustomerId.exactOptional() })
          .exactOptional(),
      })
      .meta({
        id: 'TrialStarted',
        description: 'A free trial started. Set `billing_customer_id` if the trial runs in the billing system.',
      }),
    z
      .strictObject({
        ...envelope,
        type: z.literal('payment.succeeded'),
        data: z
          .strictObject({ profile: profile.exactOptional(), billing_customer_id: billingCustomerId.exactOptional() })
          .exactOptional(),
      })
      .meta({
        id: 'PaymentSucceeded',
        description:
          'A payment succeeded. Omit `billing_customer_id` if the billing system knows the customer by the lead id.',
      }),
  ])
  .meta({ id: 'Event' });
export type Event = z.output<typeof eventSchema>;
export const eventTypes = ['lead.created', 'trial.started', 'payment.succeeded'] as const satisfies Event['type'][];

export const mostEvents = 100;
export const batchSchema = z
  .strictObject({ events: z.array(eventSchema).min(1).max(mostEvents) })
  .meta({ id: 'Batch', description: `Up to ${mostEvents} events. Each is accepted or rejected individually.` });

/** A batch before its events are validated one by one. */
export const looseBatchSchema = z.strictObject({ events: z.array(z.unknown()).min(1).max(mostEvents) });

export const acceptedSchema = z
  .object({
    status: z.literal('accepted'),
    id: z.string().exactOptional(),
    journey_id: z.string().meta({ description: 'The workflow id in Temporal.' }),
    run_id: z.string(),
    links: z.object({
      lead: z.string().meta({ description: 'Path of the lead on this gateway.' }),
      web_ui: z.string().exactOptional().meta({ description: "The journey in Temporal's Web UI." }),
    }),
  })
  .meta({ id: 'Accepted', description: 'Temporal has the event.' });
export type Accepted = z.output<typeof acceptedSchema>;

const rejectedSchema = z
  .object({ status: z.literal('rejected'), id: z.string().exactOptional(), problem: problemSchema })
  .meta({
    id: 'Rejected',
    description: 'With a 4xx problem, the event changed nothing. With a 5xx problem, retry it later; a retry is safe.',
  });
export type Rejected = z.output<typeof rejectedSchema>;

export const batchResultSchema = z
  .object({
    accepted: z.int(),
    rejected: z.int(),
    results: z.array(z.union([acceptedSchema, rejectedSchema])),
  })
  .meta({ id: 'BatchResult', description: 'One result per event, in the same order.' });

const instant = z.string().meta({ format: 'date-time' });
const note = text(1000);

export const leadParameters = z.object({ lead_id: leadId });

/** The current state of a journey. */
export const leadSchema = z
  .object({
    lead_id: z.string(),
    account: z.string(),
    stage: z.enum(stages),
    doing: z.string().meta({ description: 'What the journey is doing or waiting for, as text.' }),
    lead_created_at: instant.exactOptional(),
    trial_started_at: instant.exactOptional(),
    paid_at: instant.exactOptional(),
    merged_at: instant.exactOptional(),
    billing_customer_id: z.string().exactOptional(),
    customer_uuid: z
      .string()
      .exactOptional()
      .meta({ description: 'UUID of the ChartMogul customer that holds the lead.' }),
    payer_uuid: z.string().exactOptional(),
    attention: z
      .object({
        code: z.enum(Object.keys(attentionSentences) as [keyof typeof attentionSentences]), // the keys of a literal
        text: z.string(),
        step: z.string(),
        since: instant,
        status: z.int().exactOptional(),
        detail: z.string().exactOptional(),
        next_try_at: instant.exactOptional(),
      })
      .exactOptional(),
    notices: z.array(z.object({ code: z.string(), text: z.string() })),
    closed: z.string().exactOptional().meta({ description: 'The note with which an operator closed the journey.' }),
    links: z.object({ web_ui: z.string().exactOptional() }),
  })
  .meta({
    id: 'Lead',
    description: 'A journey, without names and e-mail addresses. Dates are in UTC, in whole seconds.',
  });

export const linkSchema = z
  .strictObject({
    billing_customer_id: billingCustomerId,
    lead_id: leadId,
    note: note.meta({ description: 'The reason, for later readers.' }),
    unmerged: z.literal(true).exactOptional().meta({
      description:
        'Confirms that a person unmerged the old lead in ChartMogul and reset the dates. Not needed after `customer-journey unmerge`.',
    }),
  })
  .meta({ id: 'Link', description: 'Links a customer of the billing system to a lead.' });

export const billingCustomerSchema = z
  .object({
    billing_customer_id: z.string(),
    account: z.string(),
    match_status: z.enum(matchStatuses),
    link: z
      .object({
        lead_id: z.string(),
        rule: z.enum(linkRules),
        at: instant.exactOptional().meta({ description: 'When the event that names the lead was created.' }),
        note: z.string().exactOptional(),
      })
      .exactOptional(),
    other_lead_ids: z.array(z.string()),
    suggested_lead_ids: z.array(z.string()),
    trial_started_at: instant.exactOptional(),
    paid_at: instant.exactOptional(),
    notified: z
      .object({ lead_id: z.string(), trial_started_at: instant.exactOptional(), paid_at: instant.exactOptional() })
      .exactOptional(),
    attention: z
      .object({
        code: z.enum(Object.keys(billingAttentionSentences) as [BillingAttentionCode]), // the keys of a literal
        text: z.string(),
        since: instant,
        detail: z.string().exactOptional(),
        next_try_at: instant.exactOptional(),
      })
      .exactOptional(),
  })
  .meta({ id: 'BillingCustomer' });

export const receivedSchema = z
  .object({
    received: z.literal(true),
    result: z.string().meta({ description: 'How the event was handled, for people.' }),
  })
  .meta({ id: 'Received' });
