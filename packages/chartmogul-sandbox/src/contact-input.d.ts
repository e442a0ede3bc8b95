import type { Contact } from './records.js';
/** Text fields: the API's name and ours, in the order in which they are shown. */
export declare const contactFields: readonly [readonly ['first_name', 'firstName'], readonly ['last_name', 'lastName'], readonly ['title', 'title'], readonly ['email', 'email'], readonly ['phone', 'phone'], readonly ['linked_in', 'linkedIn'], readonly ['twitter', 'twitter'], readonly ['notes', 'notes']];
/** Carries the fields of a POST or PATCH body over to a contact; those left out keep their value. */
export declare function applyContactFields(contact: Contact, body: Readonly<Record<string, unknown>>): void;
