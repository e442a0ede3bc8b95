import { findServerBinary, ServerBinaryError } from './binary.js';

// `npm run temporal-server`: sees to it that there is a Temporal server to start, and says where. Tests rely on it having
// run before: none of them has the minutes that a first build takes.
try {
  console.log(await findServerBinary());
} catch (error) {
  console.error(error instanceof ServerBinaryError ? error.message : error);
  process.exitCode = 1;
}
