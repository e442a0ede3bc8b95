/** A new UUID of version 1 with ChartMogul's prefix, e.g. `cus_a6419014-00e0-11f0-aa38-fbbbea2b6c72`. */
export declare function timeUuid(prefix: 'ds' | 'cus' | 'con' | 'pl'): string;
