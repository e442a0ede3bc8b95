import { timeUuid } from './uuids.js';
export const leadStatuses = ['New Lead', 'Working Lead', 'Qualified Lead', 'Unqualified Lead'];
export const subscriberStatuses = ['Active', 'Past Due', 'Cancelled'];
/** A record as it is when only its source customer is known: the defaults of the recorded object. */
export function newCustomer(id, dataSourceUuid, externalId) {
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
/** A contact of whom nothing is known yet. */
export function newContact(id, customerUuid, dataSourceUuid, customerExternalId) {
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
//# sourceMappingURL=records.js.map