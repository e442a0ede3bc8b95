/** "Germany" for "DE"; null for a code nobody uses. */
export declare function countryName(code: string | null): string | null;
/** "California" for "CA": states are kept for the United States only. Recorded 2023-10-29, ruby client. */
export declare function stateName(code: string | null): string | null;
/** "CA" for the documented form "US-CA" and the recorded form "CA"; null for what is no state. */
export declare function stateCode(text: string): string | null;
