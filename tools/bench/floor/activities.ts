import fetch from 'node-fetch';
import type { FloorStep } from './names.js';

/** The minimum an activity can do for a journey: one GET of a route that answers immediately, or nothing. */
export function floorActivities(bareUrl: string) {
  return {
    async get({ leadId, step }: FloorStep): Promise<string> {
      const answer = await fetch(`${bareUrl}/bare/${leadId}/${step}`);
      return answer.text();
    },
    /** Sends a message to the benchmark, which then sends the next signal. */
    async nothing(step: FloorStep): Promise<void> {
      process.send?.(step);
    },
  };
}

export type FloorActivities = ReturnType<typeof floorActivities>;
