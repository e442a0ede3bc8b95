import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replayHistories, type WorkflowBundle } from '../../tools/temporal-server/replay.js';

const histories = fileURLToPath(new URL('../histories/', import.meta.url));
/** The recorded histories. */
export const files = readdirSync(histories, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);

/** By file: why its replay failed, if it did. */
export type Errors = ReadonlyMap<string, Error | undefined>;

/** With one worker for all: it takes longer to start than to replay. */
export async function replayAll(workflowBundle: WorkflowBundle): Promise<Errors> {
  const errors = new Map<string, Error | undefined>();
  for await (const { file, error } of replayHistories(workflowBundle, histories)) errors.set(file, error);
  return errors;
}
