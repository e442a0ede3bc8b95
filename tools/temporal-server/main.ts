import { findServerBinary, ServerBinaryError } from './binary.js';

// `npm run temporal-server`: finds or downloads the Temporal server and prints its path. It runs before the tests, so that
// no test waits for a download.
try {
  console.log(await findServerBinary());
} catch (error) {
  console.error(error instanceof ServerBinaryError ? error.message : error);
  process.exitCode = 1;
}
