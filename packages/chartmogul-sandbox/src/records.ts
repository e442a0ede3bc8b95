import { timeUuid } from './uuids.js';

// What the sandbox stores. Every record is plain JSON, so that it can be written to the data file directly.
// Times are milliseconds since 1970.

/** A data source. "Leads" and "Stripe" exist after every reset. */
export interface Source {
  uuid: string;
  name: string;
  system: string;
  createdAt: number;
}

export const leadStatuses = ['New Lead', 'Working Lead', 'Qualified Lead', 'Unqualified Lead'] as const;
export const subscriberStatuses = ['Active', 'Past Due', 'Cancelled'] as const;
export type LeadStatus = (typeof leadStatuses)[number];
export type Status = LeadStatus | (typeof subscriberStatuses)[number];

export type AttributeType = 'String' | 'Integer' | 'Decimal' | 'Timestamp' | 'Boolean';
export type AttributeValue = string | number | boolean;
export type CustomAttributes = Record<string, AttributeValue>;

export interface Subscription {
  /** Also the id of its `new_biz` activity. */
  id: number;
  uuid: string;
  externalId: string;
  startedAt: number;
  cancelledAt: number | null;
  mrrInCents: number;
}

/** The values of a record before a merge, kept so that an unmerge can restore them. */
export interface Brought {
  name: string;
  email: string;
  tags: string[];
  custom: CustomAttributes;
  /** Absent in data files of older versions. */
  dates?: OwnDates;
}

export interface OwnDates {
  leadCreatedAt: number | null;
  freeTrialStartedAt: number | null;
}

/** One customer of one data source. A merged record holds several; each is addressable by source and external id. */
export interface SourceCustomer {
  dataSourceUuid: string;
  externalId: string;
  subscriptions: Subscription[];
  brought?: Brought;
}

/** What ChartMogul calls a customer: one record over one or more source customers. */
export interface Customer {
  id: number;
  uuid: string;
  createdAt: number;
  /** The primary source customer: `data_source_uuid` and `external_id` in answers. */
  dataSourceUuid: string;
  externalId: string;
  sourceCustomers: SourceCustomer[];
  name: string;
  email: string;
  company: string;
  country: string | null;
  state: string | null;
  city: string | null;
  zip: string | null;
  websiteUrl: string | null;
  owner: string | null;
  leadStatus: LeadStatus;
  leadCreatedAt: number | null;
  freeTrialStartedAt: number | null;
  tags: string[];
  custom: CustomAttributes;
}

export interface Contact {
  id: number;
  uuid: string;
  createdAt: number;
  customerUuid: string;
  dataSourceUuid: string;
  customerExternalId: string;
  /** Undefined until it is set: then the answer omits the key. Recorded 2023-10-29, ruby client. */
  externalId?: string | null;
  position: number;
  firstName: string | null;
  lastName: string | null;
  title: string | null;
  email: string | null;
  phone: string | null;
  linkedIn: string | null;
  twitter: string | null;
  notes: string | null;
  custom: CustomAttributes;
}

/** A record with only its source customer: the defaults of the recorded object. */
export function newCustomer(id: number, dataSourceUuid: string, externalId: string): Customer {
  return {
    id,
    uuid: timeUuid('cus'),
    createdAt: Date.now(),
    dataSourceUuid,
    externalId,
    sourceCustomers: [{ dataSourceUuid, externalId, subscriptions: [] }],
    ...{ name: '', email: '', company: '' },
    ...{ country: null, state: null, city: null, zip: null, websiteUrl: null, owner: null },
    leadStatus: 'New Lead',
    leadCreatedAt: null,
    freeTrialStartedAt: null,
    tags: [],
    custom: {},
  };
}

/** A contact with default values. */
export function newContact(
  id: number,
  customerUuid: string,
  dataSourceUuid: string,
  customerExternalId: string,
): Contact {
  return {
    id,
    uuid: timeUuid('con'),
    createdAt: Date.now(),
    ...{ customerUuid, dataSourceUuid, customerExternalId },
    position: 1,
    ...{ firstName: null, lastName: null, title: null, email: null, phone: null },
    ...{ linkedIn: null, twitter: null, notes: null },
    custom: {},
  };
}

/** An imported invoice. The sandbox only needs it for the list and to reject duplicates. */
export interface Invoice {
  id: number;
  uuid: string;
  createdAt: number;
  customerUuid: string;
  dataSourceUuid: string;
  customerExternalId: string;
  externalId: string;
  /** The invoice as shown in answers. */
  view: Record<string, unknown>;
}

export interface Plan {
  id: number;
  uuid: string;
  createdAt: number;
  externalId: string;
  name: string;
  intervalCount: number;
  intervalUnit: string;
  dataSourceUuid: string;
}
