/** The factor for the number of cases in property and fuzz tests. `npm run test:thorough` increases it. */
const factor = Number(process.env.TEST_RUNS_FACTOR ?? 1);

/** @param usual the number of cases in a normal run */
export function runs(usual: number): number {
  return Math.ceil(usual * factor);
}
