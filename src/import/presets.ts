import type { ColumnName } from './column-names.js';
import { FileRefusedError } from './file-refused.js';

/** The names of the columns in an export of another product. The first name that the file has is used. */
export interface Preset {
  readonly name: string;
  readonly columns: { readonly [column in ColumnName]?: readonly string[] };
  /** Added to the name of the person, which these exports divide. */
  readonly lastName?: readonly string[];
  /** Each line is a payment, which may have failed or may have been refunded. */
  readonly isOfPayments?: true;
  /** The file of `--join`. Other options that concern columns and dates are for the file of leads. */
  readonly isJoined?: true;
  /** What to say of a date in another format, if `--date-format` does not apply. Follows "is not RFC 3339 and". */
  readonly dateRemedy?: string;
}

/**
 * Dates on which a CRM notes that somebody became a customer are not among them: they are not payments, and nobody checks
 * them against the billing system. `--map` can name them.
 */
const presets: Readonly<Record<string, Omit<Preset, 'name'>>> = {
  hubspot: {
    columns: {
      lead_id: ['Record ID', 'Record ID - Contact', 'Contact ID'],
      lead_created_at: ['Create Date', 'Became a Lead Date'],
      name: ['First Name'],
      email: ['Email', 'Email Address'],
      company: ['Company Name', 'Associated Company', 'Primary Associated Company', 'Company'],
      country: ['Country/Region', 'Country'],
      state: ['State/Region', 'State'],
      city: ['City'],
      zip: ['Postal Code', 'Zip Code', 'Zip'],
    },
    lastName: ['Last Name'],
  },
  // The labels of reports, and the field names of data exports.
  salesforce: {
    columns: {
      lead_id: ['Lead ID', 'Id', 'Contact ID'],
      lead_created_at: ['Created Date', 'Create Date'],
      name: ['First Name', 'Full Name', 'Name'],
      email: ['Email', 'Email Address'],
      company: ['Company / Account', 'Company', 'Account Name'],
      country: ['Country', 'Mailing Country', 'Country (text only)'],
      state: ['State/Province', 'State', 'Mailing State/Province', 'Mailing State', 'State/Province (text only)'],
      city: ['City', 'Mailing City'],
      zip: ['Zip/Postal Code', 'Postal Code', 'Mailing Zip/Postal Code', 'Mailing Postal Code'],
    },
    lastName: ['Last Name'],
  },
  pipedrive: {
    columns: {
      lead_id: ['Lead - ID', 'Lead - System ID', 'Deal - ID', 'Person - ID'],
      lead_created_at: [
        ...['Lead - Lead created', 'Lead - Lead created on', 'Deal - Deal created', 'Deal - Deal created on'],
        ...['Person - Person created', 'Person - Person created on'],
      ],
      name: ['Person - Name', 'Lead - Contact person', 'Deal - Contact person'],
      email: ['Person - Email', 'Person - Email - Work', 'Person - Email - Home', 'Person - Email - Other'],
      company: ['Organization - Name', 'Lead - Organization', 'Deal - Organization', 'Person - Organization'],
      country: ['Organization - Country of Address', 'Organization - Country'],
      state: ['Organization - State/county of Address'],
      city: ['Organization - City/town/village/locality of Address'],
      zip: ['Organization - ZIP/Postal code of Address'],
    },
  },
  chartmogul: {
    columns: {
      lead_id: ['External ID', 'Customer External ID'],
      lead_created_at: ['Lead created at'],
      trial_started_at: ['Free trial started at'],
      name: ['Name', 'Customer Name'],
      email: ['Email', 'Customer Email'],
      company: ['Company', 'Customer Company'],
      country: ['Country', 'Customer Country'],
      state: ['State', 'Customer State'],
      city: ['City', 'Customer City'],
      zip: ['Zip', 'Customer Zip'],
    },
  },
  'stripe-payments': {
    columns: {
      lead_id: ['lead_id (metadata)', 'user_id (metadata)'],
      paid_at: ['Created date (UTC)', 'Created (UTC)'],
      billing_customer_id: ['Customer ID'],
      name: ['Customer Name', 'Customer Description'],
      email: ['Customer Email'],
    },
    isOfPayments: true,
  },
};

/** Reads `--from`. @throws FileRefusedError */
export function readPreset(name: string): Preset {
  const found = Object.entries(presets).find(([known]) => known === name.toLowerCase());
  if (found !== undefined) return { name: found[0], ...found[1] };
  throw new FileRefusedError(`Unknown --from ${name}: use ${Object.keys(presets).join(', ')}.`);
}
