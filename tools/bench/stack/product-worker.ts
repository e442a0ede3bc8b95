import { runWorker } from '../../../src/worker.js';
import { readyForBench } from '../harness/process.js';

/** `customer-journey worker` as it is, but for ending with the bench. */
readyForBench(); // its start is measured from outside
await runWorker();
process.exit();
