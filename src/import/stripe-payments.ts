import { FileRefusedError } from './file-refused.js';

/** The positions of the columns that say whether a line is a payment. */
export interface PaymentPlaces {
  readonly status: number;
  readonly customer: number;
  readonly amount: number | undefined;
  readonly refunded: number | undefined;
}

/** @param placeOf finds a column by its name @throws FileRefusedError if failed payments cannot be told */
export function paymentPlaces(
  placeOf: (name: string) => number | undefined,
  customer: number | undefined,
): PaymentPlaces {
  const status = placeOf('Status');
  const missing = [...(status === undefined ? ['Status'] : []), ...(customer === undefined ? ['Customer ID'] : [])];
  if (status === undefined || customer === undefined) {
    const columns = missing.length === 1 ? `the column ${missing[0]}` : `the columns ${missing.join(' and ')}`;
    throw new FileRefusedError(`--from stripe-payments needs ${columns}: export all columns of the payments.`);
  }
  return { status, customer, amount: placeOf('Amount'), refunded: placeOf('Amount Refunded') };
}

/** Why a line is not a payment of a customer, or undefined. */
export function paymentOmission(fields: readonly string[], places: PaymentPlaces): string | undefined {
  const status = (fields[places.status] ?? '').trim().toLowerCase();
  const amount = amountOf(places.amount === undefined ? undefined : fields[places.amount]);
  const refunded = amountOf(places.refunded === undefined ? undefined : fields[places.refunded]);
  if (!/^(?:paid|succeeded|(?:partially )?refunded|partial refund)$/.test(status)) return 'the payment did not succeed';
  const isRefunded = amount !== undefined && refunded !== undefined && refunded >= amount && refunded > 0;
  // Without the amounts, `Refunded` can only mean all of it.
  if (isRefunded || (status === 'refunded' && refunded === undefined)) return 'the payment was refunded in full';
  if (amount === 0) return 'the amount is zero';
  if ((fields[places.customer] ?? '').trim() === '') return 'the payment has no customer, as of a guest';
  return undefined;
}

/** Reads `1,299.00` and `1.299,00`. */
function amountOf(text = ''): number | undefined {
  const [, whole, fraction = ''] = /^\s*(\d[\d.,' ]*?)(?:[.,](\d{1,2}))?\s*$/.exec(text) ?? [];
  return whole === undefined ? undefined : Number(`${whole.replace(/\D/g, '')}.${fraction || '0'}`);
}
