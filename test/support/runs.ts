/** How many times as many cases property and fuzz tests try: `npm run test:thorough` asks for more. */
const factor = Number(process.env.TEST_RUNS_FACTOR ?? 1);

/** @param usual what every run of the suite tries */
export function runs(usual: number): number {
  return Math.ceil(usual * factor);
}
