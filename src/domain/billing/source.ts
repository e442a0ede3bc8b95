/**
 * The name of a further billing source of an account. The ids of its customers begin with it, `us:cus_1`, so that equal
 * ids of two sources are different customers everywhere: in workflow ids, reports, searches and commands. The ids of the
 * first source have no such prefix.
 */
export type SourceAlias = string;

/** The id under which this product knows a customer of a source. */
export function qualifiedId(source: SourceAlias | undefined, externalId: string): string {
  return source === undefined ? externalId : `${source}:${externalId}`;
}

/** The source and the id in that source. A prefix that is not one of `aliases` is part of the id. */
export function splitId(
  billingCustomerId: string,
  aliases: Iterable<SourceAlias>,
): { readonly source?: SourceAlias; readonly externalId: string } {
  for (const source of aliases) {
    if (billingCustomerId.startsWith(`${source}:`)) {
      return { source, externalId: billingCustomerId.slice(source.length + 1) };
    }
  }
  return { externalId: billingCustomerId };
}
