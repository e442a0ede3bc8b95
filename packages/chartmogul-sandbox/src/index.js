import { Account } from './account.js';
import { addFault, queueIngestion, readFault, readStripeCustomer, storedCustomers, } from './control.js';
import { createServer } from './server.js';
import { Upkeep } from './upkeep.js';
import { Webhooks } from './webhook.js';
export { apiKey, readOnlyApiKey } from './access.js';
export { DataFileError } from './journal.js';
export { KnobError } from './knobs.js';
/**
 * Starts a ChartMogul that runs here.
 *
 * @throws KnobError for a knob that does not exist, DataFileError for a data file that is none; the system's error if
 * the port is taken
 */
export async function startSandbox(options = {}) {
    const { port = 0, data, onRequest, ...knobs } = options;
    const account = new Account(knobs);
    const upkeep = new Upkeep(account, data);
    const webhooks = new Webhooks();
    account.onNewBusiness = (customer) => webhooks.reportNewBusiness(customer, account.knobs);
    account.onReset = () => webhooks.forget();
    const server = createServer({ account, commit: () => upkeep.commit(), onRequest });
    const close = async () => {
        webhooks.forget();
        await server.close();
        upkeep.stop();
    };
    try {
        const url = await server.listen({ host: '127.0.0.1', port });
        upkeep.settle(); // the data file is written only now: whoever has the port has the file
        return Object.assign(handles(account, upkeep), { url, port: Number(new URL(url).port), close });
    }
    catch (error) {
        await close();
        throw error;
    }
}
/** What a program that imports the sandbox does with it. Each call ends with what is due and what is to be written. */
function handles(account, upkeep) {
    const settled = (result) => {
        upkeep.settle();
        return result;
    };
    return {
        get leadsSourceUuid() {
            return account.sourceUuids().leadsSourceUuid;
        },
        get billingSourceUuid() {
            return account.sourceUuids().billingSourceUuid;
        },
        reset: (settings = {}) => settled(account.reset(settings)),
        ingest: (customer) => settled(queueIngestion(account, readStripeCustomer(customer))),
        fault: (settings) => settled(void addFault(account, readFault(settings))),
        requests: () => account.log.all(),
        customers: () => {
            upkeep.settle();
            return storedCustomers(account);
        },
    };
}
//# sourceMappingURL=index.js.map