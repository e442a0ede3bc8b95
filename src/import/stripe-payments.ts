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
  const refund = amountOf(places.refunded === undefined ? undefined : fields[places.refunded]);
  const refunded = refund === undefined ? undefined : Math.abs(refund);
  if (!/^(?:paid|succeeded|(?:partially )?refunded|partial refund)$/.test(status)) return 'the payment did not succeed';
  const isRefunded = amount !== undefined && refunded !== undefined && refunded >= amount && refunded > 0;
  // Without the amounts, `Refunded` can only mean all of it.
  if (isRefunded || (status === 'refunded' && refunded === undefined)) return 'the payment was refunded in full';
  if (amount !== undefined && amount < 0) return 'the amount is negative';
  if (amount === 0) return 'the amount is zero';
  if ((fields[places.customer] ?? '').trim() === '') return 'the payment has no customer, as of a guest';
  return undefined;
}

/** The place of an amount that cannot be read, so that nobody knows whether it is zero. */
export function unreadAmount(fields: readonly string[], { amount, refunded }: PaymentPlaces): number | undefined {
  return [amount, refunded].find((place) => {
    const text = place === undefined ? '' : (fields[place] ?? '');
    return text.trim() !== '' && amountOf(text) === undefined;
  });
}

/** Reads `1,299.00` and `1.299,00`, also with a minus, and with a currency at either end. */
function amountOf(text = ''): number | undefined {
  if (text.length > 100) return undefined; // the pattern takes the square of the length
  const [, minus = '', whole, fraction = ''] =
    /^[\p{L}\p{Sc}\s]*([-\u2212]?)[\p{L}\p{Sc}\s]*(\d[\d.,'\s]*?)(?:[.,](\d{1,2}))?[\p{L}\p{Sc}\s]*$/u.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const amount = Number(`${whole.replace(/\D/g, '')}.${fraction || '0'}`);
  return minus === '' ? amount : -amount;
}
