import { runWorker } from '../../../src/worker.js';
import { readyForBench } from '../harness/process.js';

/** The `customer-journey worker` command, except that it exits with the benchmark. */
readyForBench(); // before the worker starts, because the benchmark measures the start
await runWorker();
process.exit();
